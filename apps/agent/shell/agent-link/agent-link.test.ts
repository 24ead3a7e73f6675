import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialPatienceMs } from './agent-link.ts'

test('an agent waits longer for an answer each time that it got none, up to a bound', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 100].map(dialPatienceMs), [5_000, 10_000, 20_000, 40_000, 40_000, 40_000])
})
