import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Express } from 'express'
import pino from 'pino'
import { z } from 'zod'
import { createMetrics, createRequestObserver } from '../metrics/metrics.ts'
import { createHttpApp, errorMiddleware, notFoundMiddleware, textErrors } from './app.ts'
import type { ErrorFormat } from './app.ts'
import { readBody, readJsonAs } from './body.ts'
import { HttpError } from './errors.ts'
import type { HttpLimits } from './limits.ts'
import { isLoopback, listen } from './listen.ts'
import { encodeServerSentEvent, EventStream, StreamWriter } from './stream.ts'
import type { StreamEnd } from './stream.ts'

type Given = { url: string; port: number; logged: string[]; metrics: ReturnType<typeof createMetrics> }

async function withApp(
  routes: (app: Express) => void,
  work: (given: Given) => Promise<void>,
  options: { format?: ErrorFormat; limits?: Partial<HttpLimits> } = {},
): Promise<void> {
  const logged: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) })
  const metrics = createMetrics({ processMetrics: false })
  const limits = options.limits ?? {}
  const app = createHttpApp({ logger, metrics: createRequestObserver(metrics, 'test'), limits })
  routes(app)
  app.use(notFoundMiddleware(), errorMiddleware({ logger, ...(options.format && { format: options.format }) }))
  const server = await listen({ target: app, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false, limits })
  try {
    await work({ url: `http://127.0.0.1:${server.port}`, port: server.port, logged, metrics })
  } finally {
    await server.close(50)
  }
}

test('a body that takes too long is cut, also where the server sets no time for requests', async () => {
  await withApp(
    (app) => app.post('/', async (request, response) => void response.send(await readBody(request, 10, 50))),
    async ({ port }) => {
      const socket = connect(port, '127.0.0.1')
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab')
      assert.equal(await text(socket), '')
    },
    { limits: { requestTimeoutMs: 0 } },
  )
})

/** Without fetch's own unpacking. */
function rawGet(url: string, headers: Record<string, string>): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; body: Buffer }>()
  httpRequest(url, { headers }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve({ response, body: Buffer.concat(chunks) }))
  })
    .on('error', reject)
    .end()
  return promise
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(condition())
}

const schema = z.object({ n: z.int().min(1) })
const jsonRoute = (app: Express): void => {
  app.post('/json', async (request, response) => {
    response.json(await readJsonAs(request, schema, { maxBytes: 100 }))
  })
}

const badBodies: readonly (readonly [string, number, RegExp])[] = [
  ['', 400, /^the body is empty; JSON is expected$/],
  ['{"n":0}', 400, /^n: must be at least 1, not 0$/],
  ['[]', 400, /^must be an object, not an array$/],
  ['{"n":1,\n "m" 2}', 400, /^the body is not valid JSON: .*line 2 column 6/],
  ['{"n":', 400, /^the body is not valid JSON: /],
  [JSON.stringify({ n: 'x'.repeat(200) }), 413, /^the body is larger than the 100 bytes that are allowed$/],
]
for (const [body, status, message] of badBodies) {
  test(`the body ${JSON.stringify(body.slice(0, 20))} is answered ${status} with what is wrong`, () =>
    withApp(jsonRoute, async ({ url }) => {
      const response = await fetch(`${url}/json`, { method: 'POST', body })
      assert.equal(response.status, status)
      const answer = (await response.json()) as { message: string; requestId: string }
      assert.match(answer.message, message)
      assert.equal(answer.requestId, response.headers.get('x-request-id'))
    }))
}

test('a body may come compressed, but not larger than allowed once unpacked', () =>
  withApp(jsonRoute, async ({ url }) => {
    const send = (body: Uint8Array<ArrayBuffer>, encoding: string) =>
      fetch(`${url}/json`, { method: 'POST', body, headers: { 'content-encoding': encoding } })
    assert.deepEqual(await (await send(Buffer.from(gzipSync('{"n":3}')), 'gzip')).json(), { n: 3 })
    assert.equal((await send(Buffer.from(gzipSync(' '.repeat(10_000))), 'gzip')).status, 400)
    assert.equal((await send(Buffer.from('{"n":3}'), 'br')).status, 415)
  }))

test('a body that grows beyond the limit while it arrives is refused', () =>
  withApp(
    (app) =>
      app.post('/', async (request, response) => void response.send(String((await readBody(request, 10)).length))),
    async ({ url }) => {
      const body = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 5; i++) controller.enqueue(Buffer.from('12345'))
          controller.close()
        },
      })
      assert.equal((await fetch(url, { method: 'POST', body, duplex: 'half' })).status, 413)
    },
  ))

test('errors are uniform: unknown path, HttpError with details, and a bug without its inside', () =>
  withApp(
    (app) => {
      app.get('/conflict', () => {
        throw new HttpError(409, 'locked', { code: 'LOCKED', details: [1], headers: { 'Retry-After': '3' } })
      })
      app.get('/bug', async () => {
        await Promise.resolve()
        throw new TypeError('secret inside')
      })
    },
    async ({ url, logged, metrics }) => {
      const missing = await fetch(`${url}/no?token=x`, { headers: { 'x-request-id': 'mine' } })
      assert.deepEqual(
        [missing.status, await missing.json()],
        [404, { message: 'nothing is at /no', requestId: 'mine' }],
      )
      const conflict = await fetch(`${url}/conflict`)
      assert.deepEqual([conflict.status, conflict.headers.get('retry-after')], [409, '3'])
      assert.match(await conflict.text(), /"message":"locked","code":"LOCKED","details":\[1\]/)
      const bug = await fetch(`${url}/bug`)
      assert.equal(bug.status, 500)
      assert.doesNotMatch(await bug.text(), /secret/)
      assert.ok(logged.some((line) => line.includes('secret inside')))
      assert.ok(logged.every((line) => !line.includes('token')))
      assert.equal(missing.headers.get('x-powered-by'), null)
      await until(() => metrics.snapshot()['test/http_responses_5xx'] === 1)
      assert.equal(metrics.snapshot()['test/http_responses_4xx'], 2)
    },
  ))

test('an app may answer errors as plain text, as Mesos does', () =>
  withApp(
    jsonRoute,
    async ({ url }) => {
      const response = await fetch(`${url}/json`, { method: 'POST', body: '{' })
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
      assert.match(await response.text(), /^the body is not valid JSON/)
    },
    { format: textErrors },
  ))

test('complete answers are packed from 1024 bytes on when the client takes it', () =>
  withApp(
    (app) => {
      app.get('/big', (_request, response) => void response.json({ x: 'a'.repeat(2000) }))
      app.get('/small', (_request, response) => void response.json({ x: 'a' }))
      app.get('/image', (_request, response) => void response.type('png').send(Buffer.alloc(5000)))
    },
    async ({ url }) => {
      const gzip = { 'accept-encoding': 'gzip, deflate' }
      const big = await rawGet(`${url}/big`, gzip)
      assert.equal(big.response.headers['content-encoding'], 'gzip')
      assert.equal(big.response.headers['content-length'], String(big.body.length))
      assert.equal(gunzipSync(big.body).length, 2008)
      for (const [path, headers] of [
        ['/small', gzip],
        ['/image', gzip],
        ['/big', {}],
        ['/big', { 'accept-encoding': 'gzip;q=0' }],
      ] as const) {
        assert.equal((await rawGet(url + path, headers)).response.headers['content-encoding'], undefined, path)
      }
    },
  ))

test('headers above the limit are answered 431', () =>
  withApp(
    () => undefined,
    async ({ url }) => {
      assert.equal((await fetch(url, { headers: { x: 'y'.repeat(5000) } })).status, 431)
    },
    { limits: { headerBytesMax: 4096 } },
  ))

test('connections above the limit are closed', () =>
  withApp(
    () => undefined,
    async ({ port }) => {
      const first = connect(port, '127.0.0.1')
      await new Promise((resolve) => first.once('connect', resolve))
      const second = connect(port, '127.0.0.1')
      await new Promise((resolve) => second.once('close', resolve))
      assert.equal(first.destroyed, false)
      first.destroy()
    },
    { limits: { connectionsMax: 1 } },
  ))

test('an event stream sends events, heartbeats when it is quiet, and ends with the client', () => {
  const ends: StreamEnd[] = []
  const streams: EventStream[] = []
  return withApp(
    (app) =>
      app.get('/events', (_request, response) => {
        const stream = new EventStream(response, { heartbeatMs: 20, onEnd: (end) => ends.push(end) })
        streams.push(stream)
        stream.send({ event: 'a', id: '1', data: 'x\ny' })
      }),
    async ({ url }) => {
      const abort = new AbortController()
      const response = await fetch(`${url}/events`, { signal: abort.signal })
      assert.equal(response.headers.get('content-type'), 'text/event-stream')
      let seen = ''
      for await (const chunk of response.body ?? assert.fail()) {
        seen += Buffer.from(chunk).toString()
        if (seen.endsWith(':\n\n:\n\n')) break
      }
      assert.ok(seen.startsWith('event: a\nid: 1\ndata: x\ndata: y\n\n'))
      abort.abort()
      await until(() => ends.length === 1)
      assert.deepEqual(ends, ['client'])
      assert.equal(streams[0]?.send({ data: 'late' }), false)
      const closed = await fetch(`${url}/events`)
      streams[1]?.close()
      assert.match(await closed.text(), /data: y/)
      assert.deepEqual(ends, ['client', 'server'])
    },
  )
})

test('an event text has one data line for each line of data', () => {
  assert.equal(encodeServerSentEvent({ data: 'a\r\nb\rc\n' }), 'data: a\ndata: b\ndata: c\ndata: \n\n')
})

test('a reader that does not read is cut at the buffer bound, others are not touched', () => {
  const ends: StreamEnd[] = []
  return withApp(
    (app) =>
      app.get('/flood', (request, response) => {
        const stream = new StreamWriter(response, {
          contentType: 'application/json',
          bufferBytesMax: 1024 * 1024,
          onEnd: (end) => ends.push(end),
        })
        const pump = (): void => {
          if (stream.write('x'.repeat(64 * 1024)) && ends.length === 0) setImmediate(pump)
        }
        if (request.headers['x-slow'] !== undefined) pump()
        else stream.write('quiet')
      }),
    async ({ url, port }) => {
      const quiet = await fetch(`${url}/flood`)
      const socket = connect(port, '127.0.0.1')
      socket.pause()
      socket.on('error', () => undefined)
      socket.write('GET /flood HTTP/1.1\r\nHost: x\r\nX-Slow: 1\r\n\r\n')
      await until(() => ends.length === 1)
      assert.deepEqual(ends, ['slow'])
      socket.destroy()
      await quiet.body?.cancel()
    },
  )
})

test('only loopback addresses need neither login nor --insecure', async () => {
  for (const ip of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) assert.equal(isLoopback(ip), true, ip)
  for (const ip of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '::ffff:10.0.0.1'])
    assert.equal(isLoopback(ip), false, ip)
  const target = createServer()
  const base = { target, ip: '0.0.0.0', port: 0, authenticated: false, insecure: false }
  await assert.rejects(listen(base), { name: 'StartupError', message: /0\.0\.0\.0 can be reached .* --insecure/ })
  for (const allowed of [{ insecure: true }, { authenticated: true }]) {
    const server = await listen({ ...base, ...allowed, target: createServer() })
    await server.close()
  }
})

test('a busy port and a foreign address are told in one sentence with the flag to change', async () => {
  const base = { ip: '127.0.0.1', insecure: true, authenticated: false }
  const first = await listen({ ...base, target: createServer(), port: 0 })
  await assert.rejects(listen({ ...base, target: createServer(), port: first.port }), {
    name: 'StartupError',
    message: `port ${first.port} on 127.0.0.1 is in use; stop the other process or choose another with --port`,
  })
  await first.close()
  const flags = { ip: '--http_address', port: '--http_port' }
  await assert.rejects(listen({ ...base, target: createServer(), ip: '192.0.2.1', port: 0, flags }), {
    message: '192.0.2.1 is not an address of this machine; choose another with --http_address',
  })
})

test('close lets a running request finish and cuts what is left after the grace', async () => {
  const started = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const server = await listen({
    target: (request, response) => {
      if (request.url === '/hang') return
      started.resolve()
      void finish.promise.then(() => response.end('done'))
    },
    ip: '127.0.0.1',
    port: 0,
    insecure: false,
    authenticated: false,
  })
  const url = `http://127.0.0.1:${server.port}`
  const slow = fetch(url).then((response) => text(response.body ?? assert.fail()))
  const hanging = fetch(`${url}/hang`)
  const cut = assert.rejects(hanging)
  await started.promise
  const closed = server.close(200)
  finish.resolve()
  assert.equal(await slow, 'done')
  await closed
  await cut
  await assert.rejects(fetch(url))
})
