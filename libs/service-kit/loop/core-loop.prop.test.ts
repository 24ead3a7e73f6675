import type { StoreEffect, StoreWrite, TimerEffect } from '@thermosphere/effects'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { CoreLoop } from './core-loop.ts'
import { realLoopClock } from './loop-clock.ts'

type Say = { readonly type: 'say'; readonly input: number; readonly order: number; readonly after?: number }
type Effect = StoreEffect | TimerEffect | Say
/** What the step of one input does: per store effect, how many effects wait for it; and how many do not wait. */
type Plan = { readonly stores: readonly number[]; readonly free: number; readonly emptyWrite: boolean }

const plan: fc.Arbitrary<Plan> = fc.record({
  stores: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  free: fc.integer({ min: 0, max: 2 }),
  emptyWrite: fc.boolean(),
})
const script = fc.record({
  plans: fc.array(plan, { minLength: 1, maxLength: 40 }),
  /** Turns of the event loop before the next inputs are submitted. */
  pauses: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }),
  /** Turns that each persist takes. */
  delays: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 10 }),
  failsAt: fc.option(fc.integer({ min: 0, max: 6 })),
  /** How long everything seems to take: slices end after each effect, after a few, or never. */
  workMs: fc.constantFrom(0, 3, 8),
})

const keyOf = (input: number, id: number): string => `${input}/${id}`

function effectsOf({ stores, free, emptyWrite }: Plan, input: number): Effect[] {
  const effects: Effect[] = []
  stores.forEach((waiting, id) => {
    const isEmpty = emptyWrite && id === 0
    const writes: StoreWrite[] = isEmpty ? [] : [{ type: 'put', key: keyOf(input, id), value: '' }]
    effects.push({ type: 'store', id, writes })
    for (let i = 0; i < waiting; i++) effects.push({ type: 'say', input, order: id * 10 + i, after: id })
  })
  for (let i = 0; i < free; i++) effects.push({ type: 'say', input, order: 100 + i })
  return effects
}

const isFree = (effect: Effect): boolean => effect.type === 'say' && effect.after === undefined

class FakeStore {
  readonly durable = new Set<string>()
  #count = 0
  #isBusy = false
  readonly #delays: readonly number[]
  readonly #failsAt: number | null
  constructor(delays: readonly number[], failsAt: number | null) {
    this.#delays = delays
    this.#failsAt = failsAt
  }

  async persist(writes: readonly StoreWrite[]): Promise<void> {
    assert.equal(this.#isBusy, false, 'persists are sequential')
    assert.ok(writes.length > 0)
    this.#isBusy = true
    const n = this.#count++
    for (let i = 0; i < (this.#delays[n % this.#delays.length] ?? 0); i++) await nextTurn()
    this.#isBusy = false
    if (n === this.#failsAt) throw new Error('disk full')
    for (const write of writes) if (write.type === 'put') this.durable.add(write.key)
  }
}

test('whatever the store does, nothing is told before its write is durable, and all is told in order', async () => {
  const property = fc.asyncProperty(script, async ({ plans, pauses, delays, failsAt, workMs }) => {
    const store = new FakeStore(delays, failsAt)
    const told: Say[] = []
    const stepped: number[] = []
    const fatal: unknown[] = []
    let workedMs = 0
    const loop = new CoreLoop<number, Effect>({
      step: (input) => {
        assert.deepEqual(fatal, [], 'nothing is stepped after a failure')
        const due = stepped.flatMap((each) => effectsOf(plans[each] ?? assert.fail(), each)).filter(isFree)
        assert.equal(told.filter(isFree).length, due.length, 'a step comes after all that the one before told at once')
        stepped.push(input)
        return effectsOf(plans[input] ?? assert.fail(), input)
      },
      persist: (writes) => store.persist(writes),
      perform: (effect) => {
        assert.deepEqual(fatal, [], 'nothing is performed after a failure')
        const hasWrite = effect.after !== undefined && !(plans[effect.input]?.emptyWrite === true && effect.after === 0)
        if (hasWrite)
          assert.ok(store.durable.has(keyOf(effect.input, effect.after ?? -1)), 'told before it was durable')
        told.push(effect)
      },
      timerInput: () => assert.fail(),
      onFatal: (error) => fatal.push(error),
      clock: { ...realLoopClock, sliceNow: () => (workedMs += workMs) },
    })
    for (let i = 0; i < plans.length; i++) {
      loop.submit(i)
      for (let turn = 0; turn < (pauses[i % pauses.length] ?? 0); turn++) await nextTurn()
    }
    await loop.close()
    await sleep(0)
    assertOrder(told)
    assert.ok(fatal.length <= 1)
    if (fatal.length > 0) return
    assert.deepEqual(stepped, [...plans.keys()])
    const expected = plans.flatMap((each, input) => effectsOf(each, input)).filter(({ type }) => type === 'say')
    assert.equal(told.length, expected.length)
  })
  await fc.assert(property, { numRuns: 300 })
})

/** Those that wait among themselves, and those that do not, each in the order decided. */
function assertOrder(told: readonly Say[]): void {
  for (const waits of [true, false]) {
    const positions = told
      .filter(({ after }) => (after !== undefined) === waits)
      .map((say) => say.input * 1000 + say.order)
    assert.deepEqual(
      positions,
      [...positions].sort((a, b) => a - b),
    )
  }
}
