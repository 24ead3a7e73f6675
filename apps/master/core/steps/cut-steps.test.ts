import assert from 'node:assert/strict'
import { test } from 'node:test'
import { step } from '../index.ts'
import type { Effect, Input } from '../index.ts'
import { rateLimitsSchema, readRateLimits } from '../rate-limits/form.ts'
import { World } from '../testing/world.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'

/** Effects of each piece of the step, of those types. */
function pieces(world: World, input: Input, types: readonly Effect['type'][]): number[] {
  const counts: number[] = []
  let next: Input = input
  for (;;) {
    const effects = step(world.master, next, world.now)
    counts.push(effects.filter(({ type }) => types.includes(type)).length)
    if (!effects.some(({ type }) => type === 'cut')) return counts
    next = { type: 'rest' }
  }
}

type Crowd = { readonly world: World; readonly s: Scheduler; readonly agents: readonly TestAgent[] }

/** Twelve agents with a task each, and an offer of what is left of each, under a master that cuts its steps early. */
function crowd(): Crowd {
  const world = new World({ config: { stepWorkMax: 4 } })
  const agents = Array.from({ length: 12 }, (_, n) => world.addAgent('cpus:4;mem:1024', { hostname: `h${n}`, port: n }))
  const s = world.subscribe({ failover_timeout: 0 })
  for (const agent of agents) world.run([s, agent, `t-${agent.id}`])
  world.advance(1000)
  assert.equal(world.offers(s).length, 12)
  world.do({ type: 'operator-subscribed', streamId: 'operator' })
  return { world, s, agents }
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** No piece is longer than its share, whatever there is to do. */
function assertCut(counts: readonly number[], expected: number): void {
  assert.equal(total(counts), expected)
  assert.ok(counts.length > 1 && Math.max(...counts) <= 8, `effects of the pieces: ${counts.join(' ')}`)
}

const all = ['event', 'link', 'operator-event'] as const
const call = ({ id, streamId }: Scheduler, type: 'TEARDOWN' | 'RECONCILE'): Input => ({
  type: 'scheduler-call',
  requestId: 1,
  streamId,
  call: { framework_id: { value: id }, type, ...(type === 'RECONCILE' && { reconcile: {} }) },
})

test('a framework is removed in pieces: its agents are told and its tasks are killed a few at a time', () => {
  const { world, s } = crowd()
  // SHUTDOWN_FRAMEWORK to each agent, TASK_UPDATED for each task, FRAMEWORK_REMOVED.
  assertCut(pieces(world, call(s, 'TEARDOWN'), all), 12 + 12 + 1)
  assert.equal(world.master.frameworks.size + world.master.offers.size, 0)
})

test('a framework whose stream ends is removed in pieces', () => {
  const { world, s } = crowd()
  assertCut(pieces(world, { type: 'stream-closed', streamId: s.streamId }, all), 12 + 12 + 1)
})

test('implicit reconciliation answers for a few tasks at a time', () => {
  const { world, s } = crowd()
  assertCut(pieces(world, call(s, 'RECONCILE'), all), 12)
})

test('a framework that subscribes again gives its offers back, and is told to agents, in pieces', () => {
  const { world, s } = crowd()
  const again: Input = { type: 'subscribe', streamId: 'again', subscribe: { framework_info: s.info } }
  // ERROR and HEARTBEAT, SUBSCRIBED, FRAMEWORK_UPDATED; UPDATE_FRAMEWORK to each agent; OFFERS.
  assertCut(pieces(world, again, all), 4 + 12 + 1)
})

test('offers are withdrawn a few at a time for a weight', () => {
  const { world } = crowd()
  const durable: Input = { type: 'durable', change: 'weights', weights: [['r', 2]], requestId: 1 }
  assertCut(pieces(world, durable, all), 12)
})

test('tasks of an agent that is lost are told a few at a time', () => {
  const world = new World({ config: { stepWorkMax: 4 } })
  const agent = world.addAgent('cpus:40;mem:8192')
  const s = world.subscribe()
  for (let n = 0; n < 12; n++) {
    world.run([s, agent, `t${n}`])
    world.advance(1000)
  }
  const durable: Input = { type: 'durable', change: 'agent-unreachable', agentId: agent.id, message: 'lost' }
  // RESCIND, UPDATE for each task, FAILURE.
  assertCut(pieces(world, durable, all), 1 + 12 + 1)
  assert.equal(world.master.frameworks.get(s.id)?.unreachableTasks.size, 12)
})

test('agents that did not return after a failover are given up a few at a time', () => {
  const record = (id: string) => ({
    info: { hostname: id, port: 1, id: { value: id } },
    deactivated: false,
    drain: undefined,
    drainStartedAt: 0,
  })
  const ids = Array.from({ length: 12 }, (_, n) => `A-S${n}`)
  const admitted = new Map(ids.map((id) => [id, record(id)]))
  const world = new World({ config: { stepWorkMax: 4 }, registry: { admitted } })
  assertCut(pieces(world, { type: 'timer', key: 'recovery' }, ['store']), 12)
  assert.equal(world.master.transitions.size, 12)
})

test('a schedule of many machines is one write, made and carried out in pieces', () => {
  const { world, agents } = crowd()
  const machine_ids = agents.map(({ info }) => ({ hostname: info.hostname }))
  const windows = [{ machine_ids, unavailability: { start: { nanoseconds: 1n } } }]
  const asked: Input = {
    type: 'operator-call',
    requestId: 1,
    call: { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } },
  }
  const written = pieces(world, asked, ['store'])
  assert.ok(written.length > 3)
  assert.equal(total(written), 1)
  const durable: Input = { type: 'durable', change: 'schedule', schedule: { windows }, requestId: 1 }
  // RESCIND and INVERSE_OFFERS for each machine, OFFERS.
  assertCut(pieces(world, durable, all), 12 + 12 + 1)
})

test('calls that waited for their rate have their turn one after the other, each as a whole', () => {
  const rateLimits = readRateLimits(rateLimitsSchema.parse({ limits: [{ principal: 'p', qps: 10_000 }] }))
  const world = new World({ config: { stepWorkMax: 1, rateLimits } })
  for (let n = 0; n < 3; n++) world.addAgent(undefined, { hostname: `h${n}`, port: n })
  const s = world.subscribe({ principal: 'p' })
  world.call(s, { type: 'REVIVE' })
  world.call(s, { type: 'TEARDOWN' })
  world.call(s, { type: 'RECONCILE', reconcile: {} })
  world.now += 5
  for (const key of [...world.timers.keys()]) if (key.startsWith('rate-limit/')) world.do({ type: 'timer', key })
  assert.equal(world.master.frameworks.size, 0)
  assert.equal(world.master.counters.get('master/messages_reconcile_tasks'), 0)
  assert.equal(world.master.counters.get('master/dropped_messages'), 1)
})
