import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { crc32, gunzipSync } from 'node:zlib'
import { StreamWriter } from '../http/stream.ts'
import { combineCrc32 } from './crc32.ts'
import { sendLarge, writePieces } from './send-pieces.ts'
import { runInSlices } from './slices.ts'

function* rendered(pieces: Uint8Array[]): Generator<undefined, Uint8Array[]> {
  for (const _piece of pieces) yield
  return pieces
}

/** Pieces of all kinds: large, small, empty, so short that they are not packed. */
const pieces = (): Uint8Array[] => {
  const large = Buffer.from(Array.from({ length: 4000 }, (_, index) => `{"task":${index}},`).join(''))
  return [
    Buffer.from('['),
    large,
    Buffer.from(','),
    large,
    Buffer.alloc(0),
    Buffer.from('x'.repeat(500)),
    Buffer.from(']'),
  ]
}

async function withServer(handler: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function get(port: number, method: string, headers: Record<string, string>) {
  const sent = request({ port, host: '127.0.0.1', method, headers })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { headers: response.headers, body: Buffer.concat(chunks) }
}

const answer = () => ({ contentType: 'application/json', rendering: rendered(pieces()) })

test('a large answer has its length, and is packed as one gzip stream for who takes that', async () => {
  const handler: RequestListener = (request, response) => void sendLarge(request, response, answer())
  await withServer(handler, async (port) => {
    const whole = Buffer.concat(pieces())
    const plain = await get(port, 'GET', {})
    assert.deepEqual(plain.body, whole)
    assert.equal(plain.headers['content-length'], String(whole.length))
    assert.equal(plain.headers['transfer-encoding'], undefined)
    const packed = await get(port, 'GET', { 'Accept-Encoding': 'gzip' })
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.equal(packed.headers['content-length'], String(packed.body.length))
    assert.ok(packed.body.length < whole.length / 3)
    assert.deepEqual(gunzipSync(packed.body), whole)
    const head = await get(port, 'HEAD', { 'Accept-Encoding': 'gzip' })
    assert.deepEqual([head.headers['content-length'], head.body.length], [String(whole.length), 0])
  })
})

test('a reader that takes nothing is cut', async () => {
  const { promise: slow, resolve } = Promise.withResolvers<void>()
  const big = Array.from({ length: 400 }, () => Buffer.alloc(64 * 1024, 'x'))
  const handler: RequestListener = (request, response) =>
    void sendLarge(request, response, {
      contentType: 'application/json',
      rendering: rendered(big),
      stallMs: 100,
      onSlow: resolve,
    })
  await withServer(handler, async (port) => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.pause()
    await slow
    socket.resume()
    let taken = 0
    socket.on('data', (chunk: Buffer) => (taken += chunk.length))
    socket.on('error', () => undefined)
    await once(socket, 'close')
    assert.ok(taken < 400 * 64 * 1024)
  })
})

test('a reader that takes everything at once gets it in many turns, between which others are served', async () => {
  const taken: number[] = []
  let turn = 0
  const count = setInterval(() => turn++, 0).unref()
  const reader = new Writable({
    highWaterMark: 64 * 1024 * 1024,
    write(_chunk, _encoding, done) {
      const until = performance.now() + 2
      while (performance.now() < until);
      taken.push(turn)
      done()
    },
  })
  assert.equal(
    await writePieces(
      reader,
      Array.from({ length: 50 }, () => Buffer.alloc(64 * 1024)),
    ),
    'written',
  )
  clearInterval(count)
  assert.equal(taken.length, 50)
  assert.ok(new Set(taken).size > 8, `${new Set(taken).size} turns`)
})

test('a large chunk of a stream comes whole, and what is written meanwhile after it', async () => {
  const made = Promise.withResolvers<Uint8Array[]>()
  const parts = Array.from({ length: 100 }, (_, index) => Buffer.alloc(64 * 1024, index % 10 === 0 ? 'a' : 'b'))
  const handler: RequestListener = (_request, response) => {
    const writer = new StreamWriter(response, { contentType: 'application/json', bufferBytesMax: 1024 * 1024 })
    void writer.writeLarge(made.promise)
    writer.write('after')
    writer.close()
    setImmediate(() => made.resolve(parts))
  }
  await withServer(handler, async (port) => {
    const { body } = await get(port, 'GET', {})
    assert.deepEqual(body, Buffer.concat([...parts, Buffer.from('after')]))
  })
})

test('work in slices takes turns, and stops when nobody wants it', async () => {
  const order: string[] = []
  function* work(name: string, turns: number): Generator<undefined, string> {
    for (let turn = 0; turn < turns; turn++) {
      const until = performance.now() + 6
      while (performance.now() < until);
      order.push(name)
      yield
    }
    return name
  }
  const isWanted = (): boolean => order.filter((name) => name === 'c').length < 2
  const all = Promise.all([runInSlices(work('a', 3)), runInSlices(work('b', 3)), runInSlices(work('c', 99), isWanted)])
  assert.deepEqual(await all, ['a', 'b', undefined])
  assert.deepEqual(order.slice(0, 3), ['a', 'b', 'c'])
  await assert.rejects(
    runInSlices(
      (function* (): Generator<undefined, never> {
        yield
        throw new Error('broken')
      })(),
    ),
    /broken/,
  )
})

test('checksums are combined as zlib does it', () => {
  for (const [first, second] of [
    ['', ''],
    ['a', ''],
    ['', 'b'],
    ['hello ', 'world'],
    ['x'.repeat(70_000), 'y'.repeat(123_457)],
  ] as const)
    assert.equal(combineCrc32(crc32(first), crc32(second), second.length), crc32(first + second))
})
