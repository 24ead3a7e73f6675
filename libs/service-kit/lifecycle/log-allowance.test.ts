import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogAllowance } from './log-allowance.ts'

test('so many lines within a time, and the next one tells how many were left out', () => {
  let now = 0
  const allowance = new LogAllowance({ max: 2, ms: 1_000 }, () => now)
  const take = (count: number) => Array.from({ length: count }, () => allowance.take())
  assert.deepEqual(take(4), [0, 0, undefined, undefined])
  now += 999
  assert.deepEqual(take(1), [undefined])
  now += 1
  assert.deepEqual(take(3), [3, 0, undefined])
})
