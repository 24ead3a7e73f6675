import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'node:test'
import { TimerHeap } from './timer-heap.ts'

const command = fc.oneof(
  fc.record({
    type: fc.constant('set' as const),
    key: fc.integer({ min: 0, max: 8 }),
    at: fc.integer({ min: 0, max: 50 }),
  }),
  fc.record({ type: fc.constant('cancel' as const), key: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ type: fc.constant('fire' as const), now: fc.integer({ min: 0, max: 50 }) }),
)

test('the heap fires what a sorted list would fire, in the same order', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const heap = new TimerHeap()
      const model = new Map<string, { at: number; order: number }>()
      commands.forEach((each, order) => {
        if (each.type === 'set') {
          heap.set(`${each.key}`, each.at)
          model.set(`${each.key}`, { at: each.at, order })
        } else if (each.type === 'cancel') {
          heap.set(`${each.key}`, undefined)
          model.delete(`${each.key}`)
        } else {
          const due = [...model].filter(([, { at }]) => at <= each.now)
          due.sort(([, a], [, b]) => a.at - b.at || a.order - b.order)
          for (const [key] of due) model.delete(key)
          const fired = heap.popDue(each.now).filter((timer) => heap.take(timer))
          assert.deepEqual(
            fired.map(({ key }) => key),
            due.map(([key]) => key),
          )
        }
        assert.equal(heap.size, model.size)
        const earliest = Math.min(...[...model.values()].map(({ at }) => at))
        assert.equal(heap.earliest() ?? Infinity, earliest)
      })
    }),
    { numRuns: 500 },
  )
})
