import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkWrites } from './writes.ts'
import type { Write } from './writes.ts'

const write = (value: string | undefined, at: number, more: Partial<Write> = {}): Write => ({
  subject: 's',
  value,
  sentAt: at,
  answeredAt: at + 5,
  outcome: 'acknowledged',
  ...more,
})
const unknown = (value: string | undefined, at: number): Write => write(value, at, { outcome: 'unknown' })
const isValid = (writes: readonly Write[], value: string | undefined): boolean =>
  checkWrites(writes, new Map(value === undefined ? [] : [['s', value]])).isValid

test('an acknowledged write that is not there in the end is named', () => {
  assert.deepEqual(checkWrites([write('a', 0)], new Map()), {
    isValid: false,
    acknowledged: 1,
    unknown: 0,
    refused: 0,
    wrong: [{ subject: 's', found: undefined, possible: ['a'] }],
  })
})

test('the last acknowledged value stands, not one before it', () => {
  assert.equal(isValid([write('a', 0), write('b', 10)], 'b'), true)
  assert.equal(isValid([write('a', 0), write('b', 10)], 'a'), false)
})

test('an acknowledged removal stays removed', () => {
  assert.equal(isValid([write('a', 0), write(undefined, 10)], undefined), true)
  assert.equal(isValid([write('a', 0), write(undefined, 10)], 'a'), false)
})

test('of writes that overlap either may be last', () => {
  const both = [write('a', 0), write('b', 3)]
  assert.deepEqual([isValid(both, 'a'), isValid(both, 'b')], [true, true])
})

test('a write nobody knows the end of may have taken place or not', () => {
  assert.equal(isValid([unknown('a', 0)], 'a'), true)
  assert.equal(isValid([unknown('a', 0)], undefined), true)
  assert.equal(isValid([write('a', 0), unknown('b', 10)], 'a'), true)
  assert.equal(isValid([write('a', 0), unknown('b', 10)], undefined), false)
})

test('what was refused, or never asked for, must not be there', () => {
  assert.equal(isValid([write('a', 0, { outcome: 'refused' })], 'a'), false)
  assert.equal(isValid([], 'a'), false)
})

test('a register that loses no write is always found right; one that loses its last always wrong', () => {
  const history = fc.array(fc.record({ value: fc.integer(), outcome: fc.constantFrom('acknowledged', 'unknown') }))
  const check = fc.property(history, fc.infiniteStream(fc.boolean()), (asked, coins) => {
    let register: string | undefined
    let lastAcknowledged: string | undefined
    const writes = asked.map(({ outcome }, index): Write => {
      const value = `${index}`
      if (outcome === 'acknowledged') lastAcknowledged = value
      if (outcome === 'acknowledged' || coins.next().value === true) register = value
      return write(value, index * 10, { outcome })
    })
    assert.equal(isValid(writes, register), true)
    if (lastAcknowledged !== undefined) assert.equal(isValid(writes, undefined), false)
  })
  fc.assert(check, { numRuns: 500 })
})
