import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ClientLink, standbyHeaders } from './client-link.ts'
import type { ClientLinkOptions, LinkEnd } from './client-link.ts'
import { encodeLinkMessage } from './link-server.ts'

const ping = encodeLinkMessage({ type: 'PING', ping: { connected: true } })

type Answer = (stream: http2.ServerHttp2Stream) => void

/** A master of bare HTTP/2, and how often it was asked whether it is there. */
async function serve(t: TestContext, answer: Answer): Promise<{ readonly port: number; asked(): number }> {
  let asked = 0
  const server = http2.createServer()
  const sessions: http2.ServerHttp2Session[] = []
  server.on('session', (session) => {
    sessions.push(session)
    session.on('ping', () => asked++)
  })
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    answer(stream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked: () => asked }
}

/** Between an agent and its master, until it is cut off: then both ends stay open, and nothing gets through. */
async function wire(t: TestContext, to: number): Promise<{ readonly port: number; cutOff(): void }> {
  const sockets: net.Socket[] = []
  const server = net.createServer((from) => {
    const onward = net.connect(to, '127.0.0.1')
    sockets.push(from, onward)
    for (const socket of [from, onward]) socket.on('error', () => undefined)
    from.pipe(onward).pipe(from)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const cutOff = (): void => {
    for (const socket of sockets) socket.unpipe().pause()
  }
  return { port: (server.address() as AddressInfo).port, cutOff }
}

type Opened = { readonly isStandby: boolean; readonly link: ClientLink; readonly ended: Promise<LinkEnd> }

async function open(t: TestContext, port: number, silence?: ClientLinkOptions['silence']): Promise<Opened> {
  const opened = Promise.withResolvers<{ readonly isStandby: boolean }>()
  const ended = Promise.withResolvers<LinkEnd>()
  const link = new ClientLink({
    address: `127.0.0.1:${port}`,
    ...(silence && { silence }),
    onOpen: opened.resolve,
    onMessage: () => undefined,
    onEnd: ended.resolve,
  })
  t.after(() => link.close())
  const { isStandby } = await opened.promise
  return { isStandby, link, ended: ended.promise }
}

test('the headers of an answer tell a standby from a leader', async (t) => {
  for (const isStandby of [true, false]) {
    const { port } = await serve(t, (stream) => stream.respond({ ':status': 200, ...(isStandby && standbyHeaders) }))
    assert.equal((await open(t, port)).isStandby, isStandby)
  }
})

test('a master that speaks is never asked whether it is there, one that does not is', async (t) => {
  let isTalking = true
  const { port, asked } = await serve(t, (stream) => {
    stream.respond({ ':status': 200 })
    const talk = setInterval(() => isTalking && stream.write(ping), 20)
    t.after(() => clearInterval(talk))
  })
  const { ended } = await open(t, port, { askAfterMs: 500, timeoutMs: 5_000 })
  await delay(1_500)
  assert.equal(asked(), 0)
  isTalking = false
  while (asked() < 2) await delay(20)
  assert.equal(await Promise.race([ended, delay(100, 'still open')]), 'still open')
})

test('a link whose master vanished ends', async (t) => {
  const { port } = await serve(t, (stream) => stream.respond({ ':status': 200 }))
  const between = await wire(t, port)
  const { ended } = await open(t, between.port, { askAfterMs: 50, timeoutMs: 100 })
  between.cutOff()
  assert.deepEqual(await ended, { code: 14, message: 'the master is silent' })
})

test('a link that is refused, cut or answered by something else says why', async (t) => {
  const cases: readonly [Answer, LinkEnd][] = [
    [
      (stream) =>
        stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'no%20such' }, { endStream: true }),
      { code: 12, message: 'no such' },
    ],
    [
      (stream) => stream.respond({ ':status': 200, 'grpc-status': '2', 'grpc-message': '100%' }, { endStream: true }),
      { code: 2, message: '100%' },
    ],
    [(stream) => stream.respond({ ':status': 404 }), { code: 2, message: 'HTTP status 404 instead of a link' }],
    [
      (stream) => stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM),
      { code: 8, message: 'Stream closed with error code NGHTTP2_ENHANCE_YOUR_CALM' },
    ],
  ]
  for (const [answer, expected] of cases) {
    const { port } = await serve(t, answer)
    const { promise, resolve } = Promise.withResolvers<LinkEnd>()
    const link = new ClientLink({ address: `127.0.0.1:${port}`, onMessage: () => undefined, onEnd: resolve })
    t.after(() => link.close())
    assert.deepEqual(await promise, expected)
  }
})

test('a link comes from the address that it is given', async (t) => {
  const callers: (string | undefined)[] = []
  const { port } = await serve(t, (stream) => {
    callers.push(stream.session?.socket.remoteAddress)
    stream.respond({ ':status': 200 })
  })
  for (const localAddress of ['127.0.1.7', undefined]) {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const ends = { onOpen: resolve, onMessage: () => undefined, onEnd: resolve }
    const link = new ClientLink({ address: `127.0.0.1:${port}`, localAddress, ...ends })
    t.after(() => link.close())
    await promise
  }
  assert.deepEqual(callers, ['127.0.1.7', '127.0.0.1'])
})

test('a link that the agent closes ends once, with its reason', async (t) => {
  const { port } = await serve(t, (stream) => stream.respond({ ':status': 200 }))
  const { link, ended } = await open(t, port)
  link.close('cut by a test')
  link.close('again')
  assert.deepEqual(await ended, { code: 14, message: 'cut by a test' })
})

test('a link may be closed at any moment of its beginning', async (t) => {
  const { port } = await serve(t, (stream) => stream.respond({ ':status': 200 }))
  const moments = Array.from({ length: 200 }, async (_, moment) => {
    const { promise, resolve } = Promise.withResolvers<LinkEnd>()
    const link = new ClientLink({ address: `127.0.0.1:${port}`, onMessage: () => undefined, onEnd: resolve })
    for (let passed = 0; passed < moment; passed++) await new Promise(setImmediate)
    link.close()
    return promise
  })
  for (const { message } of await Promise.all(moments)) assert.equal(message, 'the agent closed the link')
})
