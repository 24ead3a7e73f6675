import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkSchedule } from './schedule.ts'
import type { JobDefinition } from './schedule.ts'

type Span = { readonly from: number; readonly until: number }

/** The slow twin: the size of a maximum matching by augmenting paths. */
function maximumMatching(windows: readonly Span[], points: readonly number[]): number {
  const takenBy = new Map<number, number>()
  const augment = (point: number, seen: Set<number>): boolean => {
    const at = points[point] ?? Number.NaN
    for (const [index, { from, until }] of windows.entries()) {
      if (at < from || at > until || seen.has(index)) continue
      seen.add(index)
      const other = takenBy.get(index)
      if (other !== undefined && !augment(other, seen)) continue
      takenBy.set(index, point)
      return true
    }
    return false
  }
  return points.filter((_, point) => augment(point, new Set())).length
}

const definition = fc.record({
  startAt: fc.integer({ min: 0, max: 30 }),
  intervalMs: fc.integer({ min: 1, max: 10 }),
  count: fc.integer({ min: 1, max: 5 }),
  epsilonMs: fc.integer({ min: 0, max: 15 }),
})

test('as many windows are satisfied as any assignment of runs to windows could', () => {
  const history = fc.record({
    definitions: fc.array(definition, { maxLength: 4 }),
    runs: fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 20 }),
    forgivenessMs: fc.integer({ min: 0, max: 3 }),
  })
  const check = fc.property(history, ({ definitions, runs, forgivenessMs }) => {
    const all = definitions.map((one): JobDefinition => ({ ...one, name: 'j', durationMs: 0 }))
    const verdict = checkSchedule({
      definitions: all,
      runs: runs.map((startAt, index) => ({ job: 'j', taskId: `${index}`, startAt, endAt: startAt })),
      outages: [],
      readAt: 10_000,
      forgivenessMs,
    })
    const windows = all.flatMap(({ startAt, intervalMs, count = 0, epsilonMs }) =>
      Array.from({ length: count }, (_, index): Span => {
        const from = startAt + index * intervalMs
        return { from, until: from + epsilonMs + forgivenessMs }
      }),
    )
    assert.equal(verdict.required, windows.length)
    assert.equal(verdict.satisfied, maximumMatching(windows, runs))
    assert.equal(verdict.extra.length, runs.length - verdict.satisfied)
  })
  fc.assert(check, { numRuns: 500 })
})
