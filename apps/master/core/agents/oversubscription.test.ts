import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { scalar, task, World } from '../testing/world.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'
import { classicAgentFull } from '../views/classic-agent.ts'
import { masterMetrics } from '../views/metrics.ts'
import { showAgent } from '../views/shown.ts'
import { agentWire } from '../views/v1-entities.ts'

const revocable = (value: number, role?: string): mesos.Resource => ({ ...scalar('cpus', value, role), revocable: {} })

function oversubscribe(world: World, agent: TestAgent, value: number): void {
  const resources = value === 0 ? [] : [revocable(value)]
  world.say(agent.linkId, { type: 'UPDATE_AGENT', update_agent: { oversubscribed: { resources } } })
}

const able: Partial<mesos.FrameworkInfo> = {
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'REVOCABLE_RESOURCES' }],
}

const amount = (held: readonly (readonly mesos.Resource[])[], isRevocable: boolean): number =>
  held
    .flat()
    .filter(({ name, revocable: mark }) => name === 'cpus' && (mark !== undefined) === isRevocable)
    .reduce((sum, { scalar: one }) => sum + (one?.value ?? 0), 0)

/** How many cpus are on offer: revocable ones, and others. */
function offered(world: World, s: Scheduler): readonly [number, number] {
  const held = world.offers(s).map(({ resources = [] }) => resources)
  return [amount(held, true), amount(held, false)]
}

const rescinded = (world: World, { streamId }: Scheduler): number =>
  world.eventsOf(streamId).filter(({ rescind }) => rescind !== undefined).length

function start(info: Partial<mesos.FrameworkInfo> = able) {
  const world = new World()
  const agent = world.addAgent()
  oversubscribe(world, agent, 2)
  const s = world.subscribe(info)
  world.advance(1000)
  return { world, agent, s }
}

suite('oversubscribed resources of an agent', () => {
  test('[mesos 73] [mesos 230] are offered to frameworks with REVOCABLE_RESOURCES alone', () => {
    const { world, s } = start()
    assert.deepEqual(offered(world, s), [2, 4])
    const other = start({})
    assert.deepEqual(offered(other.world, other.s), [0, 4])
  })

  test('[mesos 73] [mesos 230] replace what was there; offers that hold some are rescinded, others are not', () => {
    const { world, agent, s } = start()
    oversubscribe(world, agent, 3)
    assert.equal(rescinded(world, s), 1)
    world.advance(1000)
    assert.deepEqual(offered(world, s), [3, 4])
    oversubscribe(world, agent, 3)
    assert.equal(rescinded(world, s), 1, 'the same again changes nothing')
    const other = start({})
    oversubscribe(other.world, other.agent, 0)
    assert.equal(rescinded(other.world, other.s), 0)
    oversubscribe(world, agent, 0)
    world.advance(1000)
    assert.deepEqual(offered(world, s), [0, 4])
  })

  test('[mesos 73] [mesos 230] a task uses them, and they stay what they are while the agent is away', () => {
    const { world, agent, s } = start()
    const offer = world.offer(s)
    const resources = [revocable(1.5, 'r'), scalar('mem', 64, 'r')]
    world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [task('t', offer, { resources })] } }])
    world.update([s, agent, 't'], 'TASK_RUNNING')
    const run = world.toAgent(agent.linkId).find((message) => message.run_task)?.run_task?.task
    assert.deepEqual(run?.resources?.[0]?.revocable, {})
    const metrics = masterMetrics(world.master, world.now)
    const of = (part: string) => metrics.get(`master/cpus_revocable_${part}`)
    assert.deepEqual([of('total'), of('used'), of('percent')], [2, 1.5, 0.75])
    assert.equal(metrics.get('master/cpus_total'), 4)
    world.do({ type: 'link-closed', linkId: agent.linkId })
    world.reregister(agent)
    assert.match(world.master.agents.get(agent.id)?.total.toString() ?? '', /cpus\{REV\}:2/)
    world.advance(1000)
    assert.equal(offered(world, s)[0], 0.5)
  })

  test('[mesos 73] revocable and other cpus cannot be mixed, reserved, or made a volume', () => {
    const { world, s } = start()
    const offer = world.offer(s)
    const resources = [revocable(1, 'r'), scalar('cpus', 1, 'r'), scalar('mem', 64, 'r')]
    const reserved = { ...revocable(1, 'r'), reservations: [{ type: 'DYNAMIC' as const, role: 'r' }] }
    world.accept(s, offer, [
      { type: 'RESERVE', id: { value: 'op' }, reserve: { resources: [reserved] } },
      { type: 'LAUNCH', launch: { task_infos: [task('t', offer, { resources })] } },
    ])
    assert.match(world.statuses(s, 't')[0]?.message ?? '', /Cannot use both revocable and non-revocable 'cpus'/)
    const operation = world.eventsOf(s.streamId).find((event) => event.update_operation_status)
    assert.match(operation?.update_operation_status?.status.message ?? '', /is revocable/)
  })

  test('[mesos 230] are told of at /slaves and by GET_AGENTS', () => {
    const { world, agent } = start({})
    const known = world.master.agents.get(agent.id)
    assert.ok(known)
    const slave: unknown = JSON.parse(classicAgentFull(showAgent(known)))
    assert.partialDeepStrictEqual(slave, { resources: { cpus: 4, cpus_revocable: 2 } })
    assert.partialDeepStrictEqual(slave, { unreserved_resources_full: [{ name: 'cpus' }, {}, {}, {}, revocable(2)] })
    assert.equal(amount([agentWire(showAgent(known)).total_resources ?? []], true), 2)
  })
})
