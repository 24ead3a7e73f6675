import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtobuf } from '@thermosphere/protocol'
import {
  everything,
  frameworksAnswer,
  getMetricsAnswer,
  largeAnswer,
  metricsAnswer,
  metricsView,
  slavesAnswer,
  stateAnswer,
  stateSummaryAnswer,
  tasksAnswer,
} from '../index.ts'
import type { Rendering } from '../index.ts'
import { rendered, World } from '../testing/world.ts'
import { sortInSlices } from './tasks.ts'

const surroundings = { version: { version: '1.12.0' }, flags: {} }
const text = (rendering: Rendering): string => new TextDecoder().decode(rendered(rendering))

/** Two frameworks, each with three running tasks on an agent of its own. */
function busyWorld() {
  const world = new World()
  const where = [0, 1].flatMap((index) => {
    const agent = world.addAgent('cpus:8;mem:8192', { hostname: `h${index}`, port: 5051 + index })
    const scheduler = world.subscribe({ name: `f${index}`, roles: [`r${index}`] })
    world.advance(1000)
    const places = [0, 1, 2].map((n) => {
      const place = [scheduler, agent, `t${index}${n}`] as const
      world.run(place)
      world.advance(6000)
      return place
    })
    world.call(scheduler, { type: 'SUPPRESS' })
    return places
  })
  return { world, where }
}

test('an answer shows one moment, whatever happens until its last byte', () => {
  const { world, where } = busyWorld()
  const m = world.master
  const query = { frameworkId: undefined, taskId: undefined, limit: 10, offset: 0, order: 'asc' } as const
  const answers = [
    () => stateAnswer(m, everything, surroundings),
    () => stateSummaryAnswer(m, everything),
    () => slavesAnswer(m, everything, undefined),
    () => frameworksAnswer(m, everything, undefined),
    () => tasksAnswer(m, everything, query),
    () => largeAnswer(m, everything, { type: 'GET_STATE', encoding: 'application/json' }),
    () => largeAnswer(m, everything, { type: 'GET_FRAMEWORKS', encoding: 'application/x-protobuf' }),
  ]
  const before = answers.map((answer) => text(answer()))
  const begun = answers.map((answer) => answer())
  const first = begun.map((rendering) => new TextDecoder().decode(rendering.next().value ?? new Uint8Array()))
  for (const place of where.slice(1)) world.acknowledge(place, world.update(place, 'TASK_FINISHED'))
  world.disconnect(where[0]![0])
  world.addAgent('cpus:1', { hostname: 'new', port: 6000 })
  world.advance(1000)
  assert.deepEqual(
    begun.map((rendering, index) => first[index] + text(rendering)),
    before,
  )
  assert.ok(answers.every((answer, index) => text(answer()) !== before[index]))
})

test('of one agent or framework only that is shown', () => {
  const { world, where } = busyWorld()
  const [scheduler, agent] = where[0]!
  const slaves = JSON.parse(text(slavesAnswer(world.master, everything, agent.id))) as { slaves: { id: string }[] }
  assert.deepEqual(
    slaves.slaves.map(({ id }) => id),
    [agent.id],
  )
  const shown = JSON.parse(text(frameworksAnswer(world.master, everything, scheduler.id))) as {
    frameworks: { id: string }[]
  }
  assert.deepEqual(
    shown.frameworks.map(({ id }) => id),
    [scheduler.id],
  )
})

test('[mesos 212] /tasks pages through all tasks by the time of their first status', () => {
  const { world } = busyWorld()
  const page = (offset: number, order: 'asc' | 'desc'): string[] => {
    const query = { frameworkId: undefined, taskId: undefined, limit: 2, offset, order }
    const { tasks } = JSON.parse(text(tasksAnswer(world.master, everything, query))) as { tasks: { id: string }[] }
    return tasks.map(({ id }) => id)
  }
  assert.deepEqual(
    [0, 2, 4, 6].flatMap((offset) => page(offset, 'asc')),
    ['t00', 't01', 't02', 't10', 't11', 't12'],
  )
  assert.deepEqual(page(0, 'desc'), ['t12', 't11'])
})

test('a sort in slices is the sort, also of what is equal', () => {
  const values = Array.from({ length: 20_000 }, (_, index) => ({ key: (index * 7919) % 1000, index }))
  const compare = (left: { key: number }, right: { key: number }): number => left.key - right.key
  const sorting = sortInSlices(values, compare)
  let pauses = 0
  let step = sorting.next()
  for (; step.done !== true; step = sorting.next()) pauses++
  assert.deepEqual(step.value, values.toSorted(compare))
  assert.ok(pauses >= 10)
})

test('[mesos 216] metrics are the same in all three forms, sorted, and follow what happens', () => {
  const { world, where } = busyWorld()
  const m = world.master
  const running = (): unknown =>
    (JSON.parse(text(metricsAnswer(m, world.now, {}))) as Record<string, number>)['master/tasks_running']
  assert.equal(running(), 6)
  const own = `master/frameworks/f0/${where[0]![0].id}/`
  world.acknowledge(where[0]!, world.update(where[0]!, 'TASK_FINISHED'))
  assert.equal(running(), 5)
  const flat = JSON.parse(text(metricsAnswer(m, world.now, { 'system/x': 1 }))) as Record<string, number>
  assert.equal(flat[`${own}tasks/active/task_running`], 2)
  assert.equal(flat[`${own}tasks/terminal/task_finished`], 1)
  assert.equal(flat['master/cpus_used'], 5)
  const names = Object.keys(flat)
  assert.deepEqual(names, names.toSorted())
  const { 'system/x': more, ...rest } = flat
  assert.deepEqual([more, rest], [1, Object.fromEntries(metricsView(m, world.now))])
  const binary = decodeProtobuf(
    'mesos.v1.master.Response',
    rendered(getMetricsAnswer(m, { now: world.now, more: { 'system/x': 1 } }, 'application/x-protobuf')),
  )
  assert.deepEqual(
    Object.fromEntries((binary.get_metrics?.metrics ?? []).map(({ name, value }) => [name, value])),
    flat,
  )
})

test('metrics of roles come and go with their roles', () => {
  const { world, where } = busyWorld()
  const m = world.master
  const ofRoles = (): Record<string, number> => {
    const flat = JSON.parse(text(metricsAnswer(m, world.now, {}))) as Record<string, number>
    return Object.fromEntries(Object.entries(flat).filter(([name]) => /^allocator.*\/roles\//.test(name)))
  }
  // Each has an agent of two: three tasks are on it, the rest is on offer.
  const metricsOf = (role: string): Record<string, number> => ({
    [`allocator/mesos/offer_filters/roles/${role}/active`]: 0,
    [`allocator/mesos/quota/roles/${role}/resources/cpus/consumed`]: 3,
    [`allocator/mesos/quota/roles/${role}/resources/mem/consumed`]: 192,
    [`allocator/mesos/roles/${role}/shares/dominant`]: 0.5,
  })
  const before = ofRoles()
  const sorted = (one: Record<string, number>): [string, number][] =>
    Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1))
  assert.deepEqual(Object.entries(before), sorted({ ...metricsOf('r0'), ...metricsOf('r1') }))
  const [first] = where[0]!
  world.call(first, { type: 'TEARDOWN' })
  assert.deepEqual(Object.entries(ofRoles()), sorted(metricsOf('r1')))
  world.subscribe({ name: 'again', roles: ['r0'] })
  const again = Object.keys(ofRoles()).filter((name) => name.includes('/r0/'))
  assert.deepEqual(again, ['allocator/mesos/offer_filters/roles/r0/active', 'allocator/mesos/roles/r0/shares/dominant'])
})
