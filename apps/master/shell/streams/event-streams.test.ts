import { createRecordIoDecoder } from '@thermosphere/protocol'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { EventStreams } from './event-streams.ts'

type Event = { readonly text: string }

async function withStreams(
  use: (parts: {
    streams: EventStreams<Event>
    port: number
    encoded: string[]
    slow: string[]
    ended: string[]
  }) => Promise<void>,
): Promise<void> {
  const encoded: string[] = []
  const slow: string[] = []
  const ended: string[] = []
  const streams = new EventStreams<Event>({
    encode({ text }) {
      encoded.push(text)
      return Buffer.from(`${text.length}\n${text}`)
    },
    onEnd: (streamId) => ended.push(streamId),
    onSlow: (streamId) => slow.push(streamId),
  })
  let next = 0
  const server = createServer((_request, response) => {
    streams.open(String(next++), response, 'application/json', {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await use({ streams, port, encoded, slow, ended })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** What a reader has got so far. */
async function subscribe(port: number): Promise<string[]> {
  const events: string[] = []
  const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [NodeJS.ReadableStream]
  const decoder = createRecordIoDecoder(10_000_000)
  response.on('data', (chunk: Buffer) =>
    events.push(...decoder.push(chunk).map((record) => Buffer.from(record).toString())),
  )
  response.on('error', () => undefined)
  return events
}

test('an event is encoded once for all subscribers, who get all events in order', async () => {
  await withStreams(async ({ streams, port, encoded }) => {
    const readers = await Promise.all(Array.from({ length: 100 }, () => subscribe(port)))
    for (let n = 0; n < 20; n++) streams.sendAll({ text: `all ${n}` })
    streams.send('7', { text: 'own' })
    streams.sendAll({ text: 'last' })
    await eventually('all events', () => readers.every((events) => events.at(-1) === 'last'))
    const all = [...Array.from({ length: 20 }, (_, n) => `all ${n}`), 'last']
    assert.equal(readers.filter((events) => events.join() === all.join()).length, 99)
    assert.equal(readers.filter((events) => events.join() === [...all.slice(0, 20), 'own', 'last'].join()).length, 1)
    assert.equal(encoded.length, 22)
  })
})

test('a large first event is whole and before what was sent after it', async () => {
  await withStreams(async ({ streams, port }) => {
    const reader = await subscribe(port)
    const pieces = Array.from({ length: 70 }, () => Buffer.alloc(100_000, 'p'))
    streams.sendLarge('0', function* () {
      yield
      return pieces
    })
    streams.send('0', { text: 'after' })
    await eventually('both', () => reader.length === 2)
    assert.equal(reader[0], 'p'.repeat(7_000_000))
    assert.equal(reader[1], 'after')
  })
})

test('a subscriber that does not read is cut and counted, the others are not', async () => {
  await withStreams(async ({ streams, port, slow, ended }) => {
    const idle = get({ port, host: '127.0.0.1', agent: false })
    idle.on('error', () => undefined)
    const [stalled] = (await once(idle, 'response')) as [NodeJS.ReadableStream & { socket: Socket }]
    stalled.pause()
    const reader = await subscribe(port)
    const text = 'x'.repeat(1_000_000)
    for (let n = 0; n < 40 && ended.length === 0; n++) {
      streams.sendAll({ text })
      await eventually('the reader', () => reader.length === n + 1)
    }
    assert.deepEqual([slow, ended], [['0'], ['0']])
  })
})
