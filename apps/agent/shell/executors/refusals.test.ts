import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS } from '../../limits.ts'
import { Refusals } from './refusals.ts'

test('refused messages write a bounded number of lines a minute, and the next line tells how many wrote none', () => {
  const lines: unknown[] = []
  let now = 0
  const refusals = new Refusals({ warn: (fields: unknown) => void lines.push(fields) }, () => now)
  const refusal = { from: 'executor(1)@h:1', message: 'm', reason: 'r' }
  for (let i = 0; i < LIMITS.refusalsToldMax + 3; i++) refusals.tell(refusal)
  assert.equal(lines.length, LIMITS.refusalsToldMax)
  now += LIMITS.refusalsToldMs
  refusals.tell(refusal)
  refusals.tell(refusal)
  assert.deepEqual(lines.slice(LIMITS.refusalsToldMax), [{ ...refusal, untoldCount: 3 }, refusal])
})
