import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StreamHub } from './stream-hub.ts'
import type { StreamItem, StreamRequest } from './stream-request.ts'

type Opened = {
  signal: AbortSignal
  open: () => void
  items: (items: StreamItem[]) => void
  end: (error?: Error) => void
}

function hub() {
  const opened: Opened[] = []
  const streams = new StreamHub(
    (_request, signal, on) =>
      new Promise((resolve, reject) => {
        opened.push({ signal, ...on, end: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
  )
  return { streams, opened }
}

function listener() {
  const heard: unknown[] = []
  return {
    heard,
    opened: (isFresh: boolean) => heard.push(isFresh ? 'fresh' : 'joined'),
    items: (items: StreamItem[]) => heard.push(items.map((item) => item.data).join()),
    ended: (end: { message: string }) => heard.push(`ended: ${end.message}`),
  }
}

const request: StreamRequest = { url: '/events', framing: 'events' }
const item = (data: string): StreamItem[] => [{ type: 'x', data }]
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('shared streams', () => {
  it('are opened once for all who ask, and who comes later knows it', () => {
    const { streams, opened } = hub()
    const [first, second] = [listener(), listener()]
    streams.subscribe(request, first)
    opened[0]!.open()
    opened[0]!.items(item('a'))
    streams.subscribe(request, second)
    opened[0]!.items(item('b'))
    assert.equal(opened.length, 1)
    assert.deepEqual(first.heard, ['fresh', 'a', 'b'])
    assert.deepEqual(second.heard, ['joined', 'b'])
  })

  it('are different for different requests', () => {
    const { streams, opened } = hub()
    streams.subscribe(request, listener())
    streams.subscribe({ ...request, url: '/other' }, listener())
    assert.equal(opened.length, 2)
  })

  it('end with their last subscriber, and open anew after that', () => {
    const { streams, opened } = hub()
    const leave = [streams.subscribe(request, listener()), streams.subscribe(request, listener())]
    leave[0]!()
    assert.equal(opened[0]!.signal.aborted, false)
    leave[1]!()
    assert.equal(opened[0]!.signal.aborted, true)
    streams.subscribe(request, listener())
    assert.equal(opened.length, 2)
  })

  it('tell all subscribers how they ended', async () => {
    const { streams, opened } = hub()
    const all = [listener(), listener()]
    for (const one of all) streams.subscribe(request, one)
    opened[0]!.end(new Error('refused'))
    await settle()
    for (const one of all) assert.deepEqual(one.heard, ['ended: refused'])
  })
})
