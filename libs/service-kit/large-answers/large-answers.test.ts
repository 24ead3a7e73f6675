import { eventually } from '@thermosphere/test-kit'
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
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { sendLarge } from './send-large.ts'
import { runInSlices } from './slices.ts'
import { writePieces } from './write-pieces.ts'

function* rendered(pieces: Iterable<Uint8Array>): Generator<Uint8Array | undefined, void> {
  for (const piece of pieces) {
    yield
    yield piece
  }
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

const busy = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
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

/** Longer than what comes with its length; `made` counts the pieces. */
function* large(made: { count: number } = { count: 0 }): Generator<Uint8Array> {
  for (let index = 0; index < 400; index++) {
    made.count++
    yield Buffer.alloc(32 * 1024, String(index))
  }
}

test('an answer that is too large to wait for comes in chunks, packed or not', async () => {
  const handler: RequestListener = (request, response) =>
    void sendLarge(request, response, { contentType: 'application/json', rendering: rendered(large()) })
  await withServer(handler, async (port) => {
    const whole = Buffer.concat([...large()])
    const plain = await get(port, 'GET', {})
    assert.ok(plain.body.equals(whole))
    assert.deepEqual(
      [plain.headers['content-length'], plain.headers['transfer-encoding'], plain.headers['content-type']],
      [undefined, 'chunked', 'application/json'],
    )
    const packed = await get(port, 'GET', { 'Accept-Encoding': 'gzip' })
    assert.deepEqual([packed.headers['content-encoding'], packed.headers['content-length']], ['gzip', undefined])
    assert.ok(gunzipSync(packed.body).equals(whole))
    const head = await get(port, 'HEAD', {})
    assert.deepEqual([head.headers['content-length'], head.body.length], [String(whole.length), 0])
  })
})

test('a client of HTTP/1.0, which knows no chunks, gets the length of a large answer', async () => {
  const handler: RequestListener = (request, response) =>
    void sendLarge(request, response, { contentType: 'application/json', rendering: rendered(large()) })
  await withServer(handler, async (port) => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const answer = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>))
    const head = answer.subarray(0, answer.indexOf('\r\n\r\n')).toString()
    const whole = Buffer.concat([...large()])
    assert.match(head, new RegExp(`Content-Length: ${whole.length}`))
    assert.doesNotMatch(head, /Transfer-Encoding/)
    assert.ok(answer.subarray(head.length + 4).equals(whole))
  })
})

test('a large answer is made as fast as it is read, and its first byte does not wait for its last', async () => {
  const made = { count: 0 }
  let isOver = false
  const handler: RequestListener = (request, response) =>
    void sendLarge(request, response, { contentType: 'application/json', rendering: rendered(large(made)) }).then(
      () => (isOver = true),
    )
  await withServer(handler, async (port) => {
    const sent = request({ port, host: '127.0.0.1' })
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.pause()
    await once(response, 'readable')
    // What the kernel holds for a reader is bounded; the answer is larger.
    let before = -1
    for (; before !== made.count; await new Promise((resolve) => setTimeout(resolve, 100))) before = made.count
    assert.ok(made.count * 32 * 1024 > LARGE_ANSWER_LIMITS.wholeBytesMax)
    assert.ok(made.count < 400, `${made.count} pieces were made for a reader that reads nothing`)
    response.destroy()
    await eventually('the end', () => isOver)
    assert.ok(made.count < 400, 'nothing more is made for a reader that is gone')
  })
})

test('an answer that fails half way ends its connection, so that nobody takes it for whole', async () => {
  function* broken(): Generator<Uint8Array> {
    yield* [...large()].slice(0, 100)
    throw new Error('broken')
  }
  let failure: unknown
  const handler: RequestListener = (request, response) =>
    void sendLarge(request, response, { contentType: 'application/json', rendering: rendered(broken()) }).catch(
      (error: unknown) => {
        failure = error
        response.destroy()
      },
    )
  await withServer(handler, async (port) => {
    await assert.rejects(get(port, 'GET', {}), /aborted/)
    assert.match(String(failure), /broken/)
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
      busy(2)
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

test('all readers together get a few milliseconds of each turn, also when all of them are ready at once', async () => {
  const steps: number[] = []
  let turn = 0
  let isOver = false
  let ready: (() => void)[] = []
  const nextTurn = (): void => {
    turn++
    for (const done of ready.splice(0)) done()
    if (!isOver) setImmediate(nextTurn)
  }
  const reader = (): Writable =>
    new Writable({
      write(_chunk, _encoding, done) {
        busy(2)
        steps.push(turn)
        ready.push(done)
      },
    })
  nextTurn()
  const pieces = Array.from({ length: 6 }, () => Buffer.alloc(LARGE_ANSWER_LIMITS.writeBytesMin))
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => writePieces(reader(), pieces)))
  isOver = true
  ready = []
  assert.deepEqual(new Set(outcomes), new Set(['written']))
  const most = Math.max(
    ...Map.groupBy(steps, (step) => step)
      .values()
      .map(({ length }) => length),
  )
  assert.ok(most <= Math.ceil(LARGE_ANSWER_LIMITS.sliceMs / 2) + 1, `${most} writes of 2 ms in one turn`)
})

test('large pieces are written as they are, small ones in a row as one', async () => {
  const written: Uint8Array[] = []
  const reader = new Writable({
    writev(chunks, done) {
      written.push(...chunks.map(({ chunk }) => chunk as Buffer))
      setTimeout(done, 1)
    },
  })
  const large = Array.from({ length: 20 }, (_, index) => Buffer.alloc(100_000, `${index}`))
  const small = Array.from({ length: 20 }, (_, index) => Buffer.from(`<${index}>`))
  const all = large.flatMap((piece, index) => [small[index] ?? piece, small[index] ?? piece, piece])
  assert.equal(await writePieces(reader, all), 'written')
  assert.ok(large.every((piece) => written.includes(piece)))
  assert.equal(written.length, 40)
  assert.ok(Buffer.concat(written).equals(Buffer.concat(all)))
})

test('an answer is over although its reader has room for the end of it and takes that later', async () => {
  const reader = new Writable({
    highWaterMark: 1024 * 1024,
    write: (_chunk, _encoding, done) => void setTimeout(done, 20),
  })
  assert.equal(await writePieces(reader, [Buffer.alloc(100_000), Buffer.alloc(10)], 500), 'written')
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
      busy(6)
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
