import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateScenario } from '../scenario/generate.ts'
import { seedFor } from '../scenario/scenario.ts'
import { simulate } from './simulate.ts'

test('[reliability R19] the same seed gives the same trace, step by step', async () => {
  const scenario = generateScenario(7)
  const first = await simulate({ scenario, isTraceKept: true })
  const second = await simulate({ scenario, isTraceKept: true })
  assert.ok(first.lines.length > 50)
  assert.deepEqual(first.lines, second.lines)
  assert.equal(first.hash, second.hash)
  assert.notEqual(first.hash, (await simulate({ scenario: generateScenario(8) })).hash)
})

for (let seed = 1; seed <= 12; seed++) {
  test(`[reliability R19] seed ${seed} violates nothing, and everything converges after healing`, async () => {
    const { violation, lines } = await simulate({ scenario: generateScenario(seed), isTraceKept: true })
    assert.equal(violation, undefined, `${violation?.invariant}: ${violation?.message}\n${lines.slice(-60).join('\n')}`)
  })
}

test('faults reach what they are meant to reach', async () => {
  const counts: Record<string, number> = {}
  for (let seed = 20; seed < 32; seed++) {
    const outcome = await simulate({ scenario: generateScenario(seed) })
    for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count
  }
  for (const name of [
    'elections',
    'TASK_UNREACHABLE',
    'TASK_GONE',
    'unknown outcomes',
    'refused writes',
    'gave up',
    'operator 200',
    'tasks corrected',
  ])
    assert.ok((counts[name] ?? 0) > 0, `no seed came to ${name}`)
  assert.ok((counts.elections ?? 0) > 12, 'leaders change')
})

test('each concern of a seed draws its own numbers', () => {
  const seeds = new Set(['network', 'store', 'agent-0 1', 'agent-0 2'].map((concern) => seedFor(1, concern)))
  assert.equal(seeds.size, 4)
})
