import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeConformance } from '../conformance/store.conformance.ts'
import { openStore } from '../open-store.ts'
import { SharedMemory } from './shared-memory.ts'

storeConformance('shared memory', {
  async open() {
    const memory = new SharedMemory()
    const store = await openStore(memory.door().url)
    return {
      store,
      second: () => openStore(memory.door().url),
      depose: async (name: string) => memory.expire(name),
      close: () => store.close(),
    }
  },
})

test('what one server wrote is there for the next, whose door is another', async () => {
  const memory = new SharedMemory()
  const door = memory.door()
  const store = await openStore(door.url)
  await store.transact({ operations: [{ type: 'put', key: 'a', value: '1' }] })
  door.cut()
  await assert.rejects(store.get('a'), { code: 'STORE_CLOSED' })
  await assert.rejects(openStore(door.url), { code: 'STORE_ARGUMENT_INVALID' })
  const next = await openStore(memory.door().url)
  assert.equal((await next.get('a'))?.value, '1')
  await next.close()
})

test('the lease of a server that is cut off for good is free at once', async () => {
  const memory = new SharedMemory()
  const door = memory.door()
  const [one, other] = await Promise.all([openStore(door.url), openStore(memory.door().url)])
  const options = { ttlMs: 60_000, signal: new AbortController().signal }
  await one.campaign('leader', { ...options, value: 'one' })
  const elected = other.campaign('leader', { ...options, value: 'other' })
  door.cut()
  assert.equal((await elected).token, 2)
  await other.close()
})

test('candidates that wait leave each other, and everybody else, alone', async () => {
  const memory = new SharedMemory()
  const stores = await Promise.all([1, 2, 3].map(() => openStore(memory.door().url)))
  const stop = new AbortController()
  const options = { ttlMs: 60_000, value: 'x', signal: stop.signal }
  const campaigns = stores.map((store) => store.campaign('leader', options).catch(() => undefined))
  // With candidates that wake each other no timer ever fires again.
  await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort()
  await Promise.all(campaigns)
  await Promise.all(stores.map((store) => store.close()))
})

test('what is asked through a stalled door is answered when it is resumed', async () => {
  const memory = new SharedMemory()
  const door = memory.door()
  const store = await openStore(door.url)
  door.stall()
  let isWritten = false
  const written = store.transact({ operations: [{ type: 'put', key: 'a', value: '1' }] }).then(() => (isWritten = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(isWritten, false)
  door.resume()
  assert.equal(await written, true)
  await store.close()
})
