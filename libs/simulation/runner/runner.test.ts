import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from './config.ts'
import { Totals } from './totals.ts'

test('options are checked, each with its name', () => {
  const defaults = { from: 1, every: 1, workers: 2, mutants: false, recorded: false }
  assert.deepEqual(readOptions(['--seed', '5', '--trace']), { seed: 5, trace: true, ...defaults })
  assert.throws(() => readOptions(['--seeds', 'many']), /--seeds/)
  assert.throws(() => readOptions(['--seeds', '2', '--seed', '3']), /exclude each other/)
  assert.throws(() => readOptions(['--recorded']), /--mutants/)
  assert.throws(() => readOptions(['--every', '0']), /--every/)
  assert.equal(readOptions(['--from', '1', '--every', '4']).every, 4)
  assert.throws(() => readOptions(['--sedes', '2']), /sedes/)
})

test('totals add up over seeds', () => {
  const totals = new Totals()
  for (let i = 0; i < 2; i++) totals.add({ virtualMs: 1_000, events: 10, steps: 5, counts: { elections: 2 } })
  const text = totals.describe(1_000)
  assert.match(text, /^2 seeds in 1\.0 s: 2 s of virtual time, 20 events \(20\/s\), 10 steps/)
  assert.match(text, /elections +4/)
})
