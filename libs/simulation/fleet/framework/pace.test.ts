import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from './pace.ts'

test('a pace lets its rate through, and no more than a second of it at once', () => {
  let now = 0
  const pace = new Pace(100, () => now)
  const passed: number[] = []
  for (const at of [0, 10, 15, 20, 50, 5_000]) {
    now = at
    const count = pace.available()
    pace.spend(count)
    passed.push(count)
  }
  assert.deepEqual(passed, [0, 1, 0, 1, 3, 100])
})

test('a pace of less than one a second still lets one through', () => {
  let now = 0
  const pace = new Pace(0.5, () => now)
  now = 1_999
  assert.equal(pace.available(), 0)
  now = 2_000
  assert.equal(pace.available(), 1)
})
