/** What a framework is told of its task when something happens to the agent, with and without PARTITION_AWARE. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import type { MasterConfig } from '../index.ts'
import { task, World } from '../testing/world.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'

type Happening = (world: World, agent: TestAgent) => void
type Told = readonly [state: mesos.TaskState, reason: mesos.TaskStatus_Reason]

const machine: mesos.MachineID = { hostname: 'h1', ip: '10.0.0.1' }

const bringDown: Happening = (world) => {
  const unavailability = { start: { nanoseconds: 0 } }
  const schedule = { windows: [{ machine_ids: [machine], unavailability }] }
  world.operate({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule } })
  world.operate({ type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } })
}

const drainTo =
  (mark_gone: boolean): Happening =>
  (world, agent) => {
    world.operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agent.id }, mark_gone } })
    const [framework] = world.master.frameworks.values()
    assert.ok(framework)
    world.update([{ id: framework.id, streamId: '', info: framework.info }, agent, 't'], 'TASK_KILLED')
  }

const lost: Told = ['TASK_LOST', 'REASON_AGENT_REMOVED']

const cases: readonly (readonly [string, Happening, aware: Told, unaware: Told, RegExp | undefined])[] = [
  [
    'does not answer its pings',
    (world, agent) => {
      world.silent.add(agent.linkId)
      world.advance(90_000)
    },
    ['TASK_UNREACHABLE', 'REASON_AGENT_REMOVED'],
    lost,
    /^health check timed out$/,
  ],
  [
    'is marked gone',
    (world, { id }) => void world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: id } } }),
    ['TASK_GONE_BY_OPERATOR', 'REASON_AGENT_REMOVED_BY_OPERATOR'],
    lost,
    /^Agent has been marked gone$/,
  ],
  [
    'is marked gone while it is unreachable',
    (world, agent) => {
      world.silent.add(agent.linkId)
      world.advance(90_000)
      world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } })
    },
    ['TASK_GONE_BY_OPERATOR', 'REASON_AGENT_REMOVED_BY_OPERATOR'],
    lost,
    /^Agent has been marked gone$/,
  ],
  [
    '[mesos 11] unregisters',
    (world, { linkId }) => world.say(linkId, { type: 'UNREGISTER' }),
    lost,
    lost,
    /^Agent h1 removed: /,
  ],
  ['is replaced by a new one at its address', (world) => void world.addAgent(), lost, lost, /^Agent h1 removed: /],
  ['goes down with its machine', bringDown, lost, lost, /^Agent h1 removed: Operator initiated 'Machine DOWN'$/],
  [
    'is drained',
    drainTo(false),
    ['TASK_KILLED', 'REASON_AGENT_DRAINING'],
    ['TASK_KILLED', 'REASON_AGENT_DRAINING'],
    undefined,
  ],
  [
    'is drained to be gone',
    drainTo(true),
    ['TASK_GONE_BY_OPERATOR', 'REASON_AGENT_DRAINING'],
    ['TASK_KILLED', 'REASON_AGENT_DRAINING'],
    undefined,
  ],
]

function runningTask(capabilities: readonly mesos.FrameworkInfo_Capability_Type[], config: Partial<MasterConfig> = {}) {
  const world = new World({ config })
  const agent = world.addAgent()
  const s: Scheduler = world.subscribe({ capabilities: capabilities.map((type) => ({ type })), failover_timeout: 1e6 })
  world.run([s, agent, 't'])
  return { world, agent, s }
}

suite('a task whose agent', () => {
  for (const [what, happen, aware, unaware, message] of cases) {
    test(`[mesos 100] ${what}: ${aware[0]} for who knows partitions, ${unaware[0]} for others`, () => {
      for (const [capabilities, [state, reason]] of [
        [['MULTI_ROLE', 'PARTITION_AWARE'], aware],
        [['MULTI_ROLE'], unaware],
      ] as const) {
        const { world, agent, s } = runningTask(capabilities)
        happen(world, agent)
        const status = world.statuses(s, 't').at(-1)
        assert.deepEqual([status?.state, status?.reason], [state, reason])
        if (message === undefined) continue
        assert.match(status?.message ?? '', message)
        assert.deepEqual([status?.source, status?.uuid], ['SOURCE_MASTER', undefined])
      }
    })
  }

  for (const [who, capabilities, state] of [
    ['who knows partitions', ['MULTI_ROLE', 'PARTITION_AWARE'], 'TASK_UNREACHABLE'],
    ['others', ['MULTI_ROLE'], 'TASK_LOST'],
  ] as const) {
    test(`[mesos 100] does not come back in time: ${state} for ${who}`, () => {
      const { world, agent, s } = runningTask(capabilities, { agentPingTimeoutMs: 300_000 })
      world.do({ type: 'link-closed', linkId: agent.linkId })
      world.advance(600_000)
      const status = world.statuses(s, 't').at(-1)
      const message = 'agent did not reregister within 10mins after disconnecting'
      assert.deepEqual([status?.state, status?.reason, status?.message], [state, 'REASON_AGENT_REMOVED', message])
      assert.ok(status?.unreachable_time)
    })

    test(`[mesos 100] is out of reach is remembered as such for ${who}, and its id is taken`, () => {
      const { world, agent, s } = runningTask(capabilities)
      world.silent.add(agent.linkId)
      world.advance(90_000)
      const framework = world.master.frameworks.get(s.id)
      assert.deepEqual([...(framework?.unreachableTasks.keys() ?? [])], ['t'])
      assert.equal(framework?.unreachableTasks.get('t')?.wire.state, state)
      world.addAgent(undefined, { port: 5052 })
      world.advance(1000)
      const offer = world.offer(s)
      world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [task('t', offer)] } }])
      const status = world.statuses(s, 't').at(-1)
      assert.deepEqual([status?.state, status?.message], ['TASK_ERROR', 'Task reuses the ID of an unreachable task: t'])
    })
  }
})
