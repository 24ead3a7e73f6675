/** A process may end at any point around ACCEPT, and clocks may be set: no time of a schedule runs twice or is lost. */
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minute, start, World } from './testing/world.ts'

const hour = 60 * minute
const reconciled: Partial<mesos.TaskStatus> = { reason: 'REASON_RECONCILIATION' }
const by = { name: 'j', command: 'true', retries: 1 }

const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds
const states = (world: World): string[] => world.runs('j').map(({ state }) => state)
const dues = (world: World): number[] => world.runs('j').flatMap((run) => (run.state === 'missed' ? [] : [run.dueAt]))
const ids = (tasks: readonly mesos.TaskInfo[]): string[] => tasks.map(({ task_id }) => task_id.value)
const onlyId = (world: World): string => world.runs('j')[0]?.taskId ?? ''
const asked = (world: World): (string | undefined)[] =>
  world.calls.flatMap(({ reconcile }) => (reconcile?.tasks ?? []).map(({ task_id }) => task_id.value))

test('a leader that ends before the launch is stored leaves a queued run, which starts once under its task id', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const id = onlyId(world)
  world.dieOf(world.offers(), 'before-write')
  assert.deepEqual(states(world), ['queued'])
  assert.deepEqual([ids(world.offer()), ids(world.offer())], [[id], []])
  world.update(id, 'TASK_FINISHED')
  assert.deepEqual(states(world), ['succeeded'])
})

test('after an end between write and ACCEPT the next leader asks about the launch and makes another one', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const id = onlyId(world)
  world.dieOf(world.offers(), 'before-send')
  assert.deepEqual([states(world), asked(world)], [['launching'], [id]])
  assert.deepEqual(world.offer(), [], 'whether it runs is not known yet')
  world.update(id, 'TASK_LOST', reconciled)
  const [again = ''] = ids(world.offer())
  assert.notEqual(again, id)
  world.update(again, 'TASK_FINISHED')
  assert.deepEqual([states(world), world.runs('j')[0]?.retryCount], [['succeeded'], 0])
})

test('a leader that ends after ACCEPT leaves a task that the next one takes up', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const [id = ''] = ids(world.offer())
  world.failover()
  world.update(id, 'TASK_RUNNING', reconciled)
  assert.deepEqual([states(world), world.offer()], [['running'], []])
  world.update(id, 'TASK_FINISHED')
  assert.deepEqual([states(world), world.job('j')['successCount']], [['succeeded'], 1])
})

test('what a leader was told and did not store is told again and counts once', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  world.put({ name: 'child', command: 'true', parents: ['j'] })
  const [id = ''] = ids(world.offer())
  const status: mesos.TaskStatus = { task_id: { value: id }, state: 'TASK_FINISHED', agent_id: { value: 'a-S0' } }
  world.dieOf({ type: 'update', status }, 'before-write')
  assert.deepEqual(states(world), ['launching'])
  world.dieOf({ type: 'update', status }, 'before-send')
  world.update(id, 'TASK_FINISHED')
  assert.deepEqual([states(world), world.job('j')['successCount']], [['succeeded'], 1])
  assert.equal(world.runs('child').length, 1)
})

test('a launch of unknown fate keeps no other job waiting, and is not made again before it is known', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const id = onlyId(world)
  world.dieOf(world.offers(), 'before-send')
  world.put({ name: 'other', command: 'true', schedule: 'R1//P1D' })
  world.advance(minute)
  assert.deepEqual(
    world.offer().map(({ name }) => name),
    [`ChronosTask:other`],
  )
  assert.ok(asked(world).filter((one) => one === id).length > 1, 'it is asked about again')
  world.update(id, 'TASK_LOST', reconciled)
  assert.equal(world.offer().length, 1)
})

test('three leaders that end one after another between write and ACCEPT make one run', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const given: string[] = []
  for (let life = 0; life < 3; life++) {
    given.push(onlyId(world))
    world.dieOf(world.offers(), 'before-send')
    world.update(onlyId(world), 'TASK_LOST', reconciled)
  }
  given.push(...ids(world.offer()))
  assert.deepEqual([new Set(given).size, world.runs('j').length], [4, 1])
})

test('a due time whose leader ends before its run is stored is due for the next leader, once', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R/2026-01-01T01:00:00Z/PT1H' })
  world.now = start + hour
  world.dieOf({ type: 'timer', key: 'job/j' }, 'before-write')
  assert.deepEqual(dues(world), [start + hour])
  world.dieOf({ type: 'timer', key: 'job/j' }, 'before-send')
  assert.deepEqual(dues(world), [start + hour])
})

test('[reliability R15] a clock set forward an hour and back runs once for the times it passed, and none twice', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R/2026-01-01T00:10:00Z/PT10M' })
  world.advance(10 * minute)
  world.runAll()
  world.setClock(hour)
  world.runAll()
  assert.deepEqual(dues(world), [at('2026-01-01T00:10:00Z'), at('2026-01-01T01:10:00Z')])
  world.setClock(-hour)
  world.advance(hour)
  world.runAll()
  assert.equal(dues(world).length, 2, 'times that were passed over are not run for')
  world.advance(10 * minute)
  world.runAll()
  assert.equal(dues(world).at(-1), at('2026-01-01T01:20:00Z'))
})

test('[reliability R15] a clock that is set back an hour runs no time twice and goes on where it stood', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R/2026-01-01T00:10:00Z/PT10M' })
  for (let time = 0; time < 3; time++) {
    world.advance(10 * minute)
    world.runAll()
  }
  world.setClock(-hour)
  world.advance(hour)
  world.runAll()
  assert.equal(dues(world).length, 3)
  world.advance(10 * minute)
  world.runAll()
  assert.deepEqual([dues(world).length, dues(world).at(-1)], [4, at('2026-01-01T00:40:00Z')])
})

for (const jumpMs of [5_000, -5_000])
  test(`[reliability R15] a clock that is set by ${jumpMs / 1000} s around each time runs each time once`, () => {
    const world = new World()
    world.put({ ...by, schedule: 'R/2026-01-01T00:01:00Z/PT1M', epsilon: 'PT30S' })
    for (let time = 1; time <= 5; time++) {
      world.advance(start + time * minute - 2_000 - world.now)
      world.setClock(jumpMs)
      world.advance(2_000)
      world.runAll()
      world.setClock(-jumpMs)
      world.advance(10_000)
      world.runAll()
    }
    assert.deepEqual(
      dues(world),
      [1, 2, 3, 4, 5].map((time) => start + time * minute),
    )
  })

test('a run that waits within its window does so also while the clock is set back, and starts', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1/2026-01-01T00:01:00Z/PT1H', epsilon: 'PT1M' })
  world.advance(minute)
  world.setClock(-hour)
  world.advance(2 * minute)
  assert.deepEqual(states(world), ['queued'])
  assert.equal(world.offer().length, 1)
})

test('after its clock was set back a leader asks for offers as often as before', () => {
  const world = new World({ reviveIntervalMinMs: 5_000 })
  for (let job = 0; job < 30; job++) world.put({ name: `j${job}`, command: 'true', schedule: 'R1//P1D', cpus: 9 })
  world.setClock(-hour)
  world.calls = []
  world.advance(minute)
  world.put({ ...by, schedule: 'R1//P1D' })
  world.advance(5_000)
  assert.ok(world.calls.some(({ type }) => type === 'REVIVE'))
})

test('a retry and an unreachable run wait no longer when the next leader has a clock that is an hour behind', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  world.put({ ...by, name: 'away', retries: 0, schedule: 'R1//P1D' })
  for (const { name, task_id } of world.offer())
    world.update(task_id.value, name.endsWith('away') ? 'TASK_UNREACHABLE' : 'TASK_FAILED')
  world.now -= hour
  world.failover()
  const [away] = world.runs('away')
  world.update(away?.taskId ?? '', 'TASK_UNREACHABLE', reconciled)
  world.advance(minute)
  assert.deepEqual(states(world), ['failed', 'queued'])
  world.advance(15 * minute)
  assert.equal(world.runs('away')[0]?.state, 'failed')
})
