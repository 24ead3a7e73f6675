import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { ExpiryQueue } from './expiry-queue.ts'

test('what ends first is taken first, and nothing before its time', () => {
  const queue = new ExpiryQueue<{ expiresAt: number; live: boolean }>()
  const random = createRandom(5)
  for (let i = 0; i < 500; i++) queue.add({ expiresAt: random.integer(60), live: true })
  const taken: number[] = []
  for (let now = 0; now < 60; now += 7) {
    for (let next = queue.takeDue(now); next; next = queue.takeDue(now)) {
      assert.ok(next.expiresAt <= now && next.expiresAt > now - 7)
      taken.push(next.expiresAt)
    }
  }
  for (let next = queue.takeDue(60); next; next = queue.takeDue(60)) taken.push(next.expiresAt)
  assert.equal(taken.length, 500)
  assert.deepEqual(
    taken,
    taken.toSorted((a, b) => a - b),
  )
})

test('entries that died before their time are forgotten once they are many', () => {
  const queue = new ExpiryQueue<{ expiresAt: number; live: boolean }>()
  const kept = { expiresAt: 9, live: true }
  queue.add(kept)
  for (let i = 0; i < 5000; i++) queue.add({ expiresAt: i, live: false })
  queue.compact(1)
  assert.equal(queue.takeDue(1e9), kept)
  assert.equal(queue.takeDue(1e9), undefined)
})
