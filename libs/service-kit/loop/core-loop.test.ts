import type { CutEffect, StoreEffect, StoreWrite, TimerEffect } from '@thermosphere/effects'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { CoreLoop } from './core-loop.ts'
import { realLoopClock } from './loop-clock.ts'

type Say = { readonly type: 'say'; readonly text: string; readonly after?: number }
type Effect = StoreEffect | TimerEffect | CutEffect | Say
type Input = { readonly effects: readonly Effect[] } | { readonly timer: string }

const put = (id: number, key: string): StoreEffect => ({
  type: 'store',
  id,
  writes: [{ type: 'put', key, value: key }],
})
const say = (text: string, after?: number): Say => ({ type: 'say', text, ...(after !== undefined && { after }) })

/** A few turns of the event loop: everything that needs no timer has happened. */
async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await nextTurn()
}

function build(
  overrides: {
    now?: () => number
    monotonicNow?: () => number
    halt?: AbortSignal
    persist?: (writes: readonly StoreWrite[]) => Promise<void>
  } = {},
) {
  const said: string[] = []
  const persisted: StoreWrite[][] = []
  const fatal: unknown[] = []
  const pending: PromiseWithResolvers<void>[] = []
  const loop = new CoreLoop<Input, Effect>({
    step: (input) => ('timer' in input ? [say(`timer ${input.timer}`)] : input.effects),
    persist: (writes) => {
      persisted.push([...writes])
      if (overrides.persist !== undefined) return overrides.persist(writes)
      const gate = Promise.withResolvers<void>()
      pending.push(gate)
      return gate.promise
    },
    perform: (effect) => said.push(effect.text),
    timerInput: (timer) => ({ timer }),
    onFatal: (error) => fatal.push(error),
    clock: {
      ...realLoopClock,
      ...(overrides.now !== undefined && { now: overrides.now }),
      ...(overrides.monotonicNow !== undefined && { monotonicNow: overrides.monotonicNow }),
    },
    halt: overrides.halt,
  })
  return { loop, said, persisted, fatal, pending }
}

test('an effect without after is performed at once, one with after only when its write is durable', async () => {
  const { loop, said, pending } = build()
  loop.submit({ effects: [put(1, 'a'), say('held', 1), say('free')] })
  await turns()
  assert.deepEqual(said, ['free'])
  pending[0]?.resolve()
  await nextTurn()
  assert.deepEqual(said, ['free', 'held'])
  await loop.close()
})

test('inputs of one turn share one persist, and stepping goes on while it is in flight', async () => {
  const { loop, said, persisted, pending } = build()
  loop.submit({ effects: [put(1, 'a'), say('a', 1)] })
  loop.submit({ effects: [put(1, 'b'), say('b', 1)] })
  await turns()
  loop.submit({ effects: [put(1, 'c'), say('c', 1), say('now')] })
  await turns()
  assert.equal(persisted.length, 1)
  assert.equal(persisted[0]?.length, 2)
  assert.deepEqual(said, ['now'])
  pending[0]?.resolve()
  await turns()
  assert.deepEqual(said, ['now', 'a', 'b'])
  assert.equal(persisted.length, 2)
  pending[1]?.resolve()
  await loop.close()
  assert.deepEqual(said, ['now', 'a', 'b', 'c'])
})

test('effects that wait for an empty write keep their place behind earlier ones', async () => {
  const { loop, said, pending } = build()
  loop.submit({ effects: [put(1, 'a'), say('first', 1)] })
  await turns()
  loop.submit({ effects: [{ type: 'store', id: 1, writes: [] }, say('second', 1)] })
  await turns()
  assert.deepEqual(said, [])
  pending[0]?.resolve()
  await loop.close()
  assert.deepEqual(said, ['first', 'second'])
})

test('a put after a delete-prefix of its folder stays after it, one before it is dropped', async () => {
  const { loop, persisted } = build({ persist: () => Promise.resolve() })
  loop.submit({ effects: [put(1, 'x/a'), put(2, 'y')] })
  loop.submit({ effects: [{ type: 'store', id: 1, writes: [{ type: 'delete-prefix', prefix: 'x/' }] }, put(2, 'x/b')] })
  await loop.close()
  assert.deepEqual(persisted, [
    [
      { type: 'put', key: 'y', value: 'y' },
      { type: 'delete-prefix', prefix: 'x/' },
      { type: 'put', key: 'x/b', value: 'x/b' },
    ],
  ])
})

test('a failed persist is fatal: what waited for it is never performed and nothing more is stepped', async () => {
  const { loop, said, fatal, pending } = build()
  loop.submit({ effects: [put(1, 'a'), say('never', 1)] })
  await turns()
  loop.submit({ effects: [put(1, 'b'), say('never either', 1)] })
  const failure = new Error('disk full')
  pending[0]?.reject(failure)
  await turns()
  loop.submit({ effects: [say('nor this')] })
  await turns()
  assert.deepEqual(said, [])
  assert.deepEqual(fatal, [failure])
  await loop.close()
})

test('a throw in step is fatal, and an effect that waits for a write of another step is a bug', async () => {
  const { loop, said, fatal } = build()
  loop.submit({ effects: [say('before'), say('lost', 7)] })
  loop.submit({ effects: [say('after')] })
  await turns()
  assert.deepEqual(said, ['before'])
  assert.match(String(fatal[0]), /waits for a write that its step does not make/)
  await loop.close()
})

test('timers fire in order of time; a re-armed one fires once, a cancelled one never', async () => {
  let now = 1000
  const { loop, said } = build({ now: () => now })
  const timer = (key: string, at: number | undefined): TimerEffect => ({ type: 'timer', key, at })
  loop.submit({ effects: [timer('late', 1010), timer('early', 1005), timer('moved', 1001), timer('gone', 1002)] })
  loop.submit({ effects: [timer('moved', 1012), timer('gone', undefined)] })
  await turns()
  assert.deepEqual(said, [])
  now = 1020
  await sleep(20)
  assert.deepEqual(said, ['timer early', 'timer late', 'timer moved'])
  await loop.close()
})

test('a timer that is due is still void when an input queued before it cancels it', async () => {
  let now = 1000
  const { loop, said } = build({ now: () => now })
  loop.submit({ effects: [{ type: 'timer', key: 'due', at: 1001 }] })
  await turns()
  now = 1005
  loop.submit({ effects: [{ type: 'timer', key: 'due', at: undefined }] })
  await sleep(10)
  assert.deepEqual(said, [])
  await loop.close()
})

test('a loop that is halted steps, writes and performs nothing more, and is closed at once', async () => {
  const halt = new AbortController()
  const { loop, said, persisted, pending, fatal } = build({ halt: halt.signal })
  loop.submit({ effects: [put(1, 'a'), say('held', 1), { type: 'timer', key: 'late', at: Date.now() + 50 }] })
  await turns()
  loop.submit({ effects: [put(1, 'b'), say('queued')] })
  halt.abort()
  pending[0]?.resolve()
  loop.submit({ effects: [say('after')] })
  await sleep(60)
  await loop.close()
  assert.deepEqual(said, [])
  assert.deepEqual(fatal, [])
  assert.equal(persisted.length, 1)
})

test('a long queue is stepped in slices that leave the event loop free', async () => {
  const said: string[] = []
  const loop = new CoreLoop<number, Say>({
    step: () => {
      const until = performance.now() + 1
      while (performance.now() < until);
      return [say('x')]
    },
    persist: () => Promise.resolve(),
    perform: (effect) => said.push(effect.text),
    timerInput: () => 0,
    onFatal: assert.ifError,
  })
  for (let i = 0; i < 60; i++) loop.submit(i)
  await nextTurn()
  await nextTurn()
  assert.ok(said.length > 0 && said.length < 60, `${said.length} of 60 in the first turns`)
  await loop.close()
  assert.equal(said.length, 60)
})

test('a step that is cut goes on over several turns, and nothing comes in between', async () => {
  type Counted = { readonly left: number } | { readonly name: string }
  const seen: string[] = []
  const gates: PromiseWithResolvers<void>[] = []
  let left = 0
  const loop = new CoreLoop<Counted | { readonly rest: true }, Effect>({
    step: (input) => {
      if ('name' in input) return [say(input.name)]
      if ('left' in input) left = input.left
      const until = performance.now() + 4
      while (performance.now() < until);
      return left-- === 0 ? [say('done')] : [say('piece'), put(1, `${left}`), say(`held ${left}`, 1), { type: 'cut' }]
    },
    persist: () => {
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    },
    perform: (effect) => seen.push(effect.text),
    timerInput: (name) => ({ name }),
    restInput: { rest: true },
    onFatal: assert.ifError,
  })
  loop.submit({ left: 6 })
  loop.submit({ name: 'next' })
  let isRead = false
  void loop.whole().then(() => (isRead = true))
  await nextTurn()
  await nextTurn()
  assert.ok(seen.length > 0 && seen.length < 6, `${seen.length} pieces in the first turns`)
  const read = loop.whole().then(() => left)
  assert.ok(isRead, 'who asks between two steps does not wait')
  gates[0]?.resolve()
  await nextTurn()
  assert.ok(seen.includes('held 5'), 'what is durable is told meanwhile')
  assert.equal(await read, -1)
  while (!seen.includes('next')) await nextTurn()
  const told = seen.filter((text) => !text.startsWith('held'))
  assert.deepEqual(told, [...Array.from({ length: 6 }, () => 'piece'), 'done', 'next'])
  const closed = loop.close()
  for (const gate of gates) gate.resolve()
  await nextTurn()
  for (const gate of gates) gate.resolve()
  await closed
})

test('who waits for the end of a step that never comes hears so when the loop stops', async () => {
  const halt = new AbortController()
  const loop = new CoreLoop<'first' | 'rest', Effect>({
    step: () => [{ type: 'cut' }],
    persist: () => Promise.resolve(),
    perform: () => undefined,
    timerInput: () => 'first',
    restInput: 'rest',
    onFatal: assert.ifError,
    halt: halt.signal,
    clock: { ...realLoopClock, sliceNow: jumps(8) },
  })
  loop.submit('first')
  await nextTurn()
  await nextTurn()
  const read = loop.whole()
  halt.abort()
  await read
})

test('what a step tells at once goes out in slices, in order, and before the next step', async () => {
  const said: string[] = []
  const loop = new CoreLoop<readonly Effect[], Effect>({
    step: (effects) => {
      said.push('step')
      return effects
    },
    persist: () => Promise.resolve(),
    perform: (effect) => said.push(effect.text),
    timerInput: () => [],
    onFatal: assert.ifError,
    clock: { ...realLoopClock, sliceNow: jumps(3) },
  })
  const texts = Array.from({ length: 40 }, (_, index) => `${index}`)
  loop.submit([put(1, 'a'), say('held', 1), ...texts.map((text) => say(text))])
  loop.submit([say('last')])
  await nextTurn()
  await nextTurn()
  assert.ok(said.length > 1 && said.length < 40, `${said.length - 1} of 40 in the first turns`)
  await loop.close()
  assert.deepEqual(said, ['step', ...texts, 'held', 'step', 'last'])
})

/** A clock for slices on which each look takes so long. */
function jumps(ms: number): () => number {
  let now = 0
  return () => (now += ms)
}

test('a clock that is set back makes no timer wait longer, and one that is armed afterwards goes by it', async () => {
  let now = 3_600_000
  const { loop, said } = build({ now: () => now })
  loop.submit({ effects: [{ type: 'timer', key: 'before', at: now + 20 }] })
  await turns()
  now = 0
  loop.submit({ effects: [{ type: 'timer', key: 'after', at: 40 }] })
  await turns()
  now = 19
  loop.submit({ effects: [] })
  await turns()
  assert.deepEqual(said, [])
  now = 20
  loop.submit({ effects: [] })
  await turns()
  assert.deepEqual(said, ['timer before'])
  now = 40
  loop.submit({ effects: [] })
  await turns()
  assert.deepEqual(said, ['timer before', 'timer after'])
  await loop.close()
})

test('a timer loses no time that passed unseen before the clock was set back', async () => {
  const time = { wall: 3_600_000, monotonic: 0 }
  const { loop, said } = build({ now: () => time.wall, monotonicNow: () => time.monotonic })
  loop.submit({ effects: [{ type: 'timer', key: 'retry', at: time.wall + 10_000 }] })
  await turns()
  // Eight seconds without an input; the clock is set back by thirty, or by less than what has passed.
  for (const [wallMs, monotonicMs] of [
    [-22_000, 8_000],
    [-500, 1_900],
  ] as const) {
    time.wall += wallMs
    time.monotonic += monotonicMs
    loop.submit({ effects: [] })
    await turns()
    assert.deepEqual(said, [])
  }
  time.wall += 100
  time.monotonic += 100
  loop.submit({ effects: [] })
  await turns()
  assert.deepEqual(said, ['timer retry'])
  await loop.close()
})

test('with a clock of its own a loop needs nobody else to turn and to wake', async () => {
  const turns: (() => void)[] = []
  const wakes: { readonly wake: () => void; readonly ms: number }[] = []
  let now = 5000
  const said: string[] = []
  const loop = new CoreLoop<Input, Effect>({
    step: (input) => ('timer' in input ? [say(`timer ${input.timer}`)] : input.effects),
    persist: () => Promise.resolve(),
    perform: (effect) => said.push(effect.text),
    timerInput: (timer) => ({ timer }),
    onFatal: assert.ifError,
    clock: {
      now: () => now,
      monotonicNow: () => now,
      immediate: (turn) => (turns.push(turn), () => undefined),
      timeout: (wake, ms) => (wakes.push({ wake, ms }), () => undefined),
      sliceNow: () => 0,
    },
  })
  loop.submit({ effects: [{ type: 'timer', key: 'due', at: 6000 }] })
  turns.shift()?.()
  await nextTurn()
  assert.deepEqual([said, wakes[0]?.ms], [[], 1000])
  now = 6000
  wakes[0]?.wake()
  turns.shift()?.()
  turns.shift()?.()
  assert.deepEqual(said, ['timer due'])
})
