/**
 * What inputs take that concern many tasks, agents or offers at once, without sockets and stores: the longest piece of a
 * step, in processor time, and all of it. Nothing else of the process can interrupt a piece: it is to stay below 20 ms.
 * Each is measured three times; a collection of garbage that falls into a piece is in `worstStepMs` and, unless it comes
 * each time, not in `longestStepMs`. `wallMs` is the shortest wall time of the longest piece. `growth` is all of it against the size before, in proportion.
 *
 *     node apps/master/core/steps/steps.bench.ts [PART OF A NAME]
 */
import type { master, mesos, scheduler } from '@thermosphere/protocol'
import type { Input, Master } from '../index.ts'
import {
  admitted,
  agentId,
  agentInfo,
  comeBack,
  crowd,
  masterOf,
  reregister,
  run,
  subscribe,
} from '../testing/crowd.ts'

type Case = {
  readonly name: string
  readonly sizes: readonly [number, number, number]
  /** A master for which the next input is long. */
  prepare(size: number): Master
  input(size: number, m: Master): Input
}

const call = (m: Master, one: scheduler.Call): Input => ({
  type: 'scheduler-call',
  requestId: 1,
  streamId: [...m.streams.keys()].at(-1),
  call: { framework_id: { value: 'F' }, ...one },
})
const operate = (one: master.Call): Input => ({ type: 'operator-call', requestId: 1, call: one })
const seconds = (count: number): mesos.TimeInfo => ({ nanoseconds: BigInt(count) * 1_000_000_000n })

function subscribed(agents: number, tasksEach: number, overrides: Partial<mesos.FrameworkInfo> = {}): Master {
  const m = crowd(agents, tasksEach)
  subscribe(m, overrides)
  return m
}

function watched(m: Master): Master {
  run(m, { type: 'operator-subscribed', streamId: 'operator' })
  return m
}

const machines = (count: number): mesos.MachineID[] =>
  Array.from({ length: count }, (_, index) => ({ hostname: agentInfo(index).hostname }))

const schedule = (count: number): Input => {
  const windows = [{ machine_ids: machines(count), unavailability: { start: seconds(10) } }]
  return operate({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } })
}

function scheduled(agents: number): Master {
  const m = subscribed(agents, 1)
  run(m, schedule(agents))
  return m
}

const goneFor = (agents: number) =>
  new Map(Array.from({ length: agents }, (_, index) => [agentId(index), { at: index }]))

const returning = (tasks: number, m: Master): Input => {
  run(m, { type: 'link-opened', linkId: 1, ip: '127.0.0.1' })
  return { type: 'link-message', linkId: 1, message: reregister(0, tasks) }
}

const markGone = operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agentId(0) } } })

function lost(tasks: number): Master {
  const m = crowd(1, tasks)
  run(m, { type: 'durable', change: 'agent-unreachable', agentId: agentId(0), message: 'lost' })
  return m
}

const tasksOfAll: readonly Case[] = [
  {
    name: 'a framework is removed, by its tasks on 1,000 agents',
    sizes: [10_000, 50_000, 100_000],
    prepare: (tasks) => subscribed(1_000, tasks / 1_000),
    input: (_, m) => call(m, { type: 'TEARDOWN' }),
  },
  {
    name: 'the same while an operator watches',
    sizes: [10_000, 25_000, 50_000],
    prepare: (tasks) => watched(subscribed(1_000, tasks / 1_000)),
    input: (_, m) => call(m, { type: 'TEARDOWN' }),
  },
  {
    name: 'a framework is removed, by agents with a task each',
    sizes: [2_000, 5_000, 10_000],
    prepare: (agents) => subscribed(agents, 1),
    input: (_, m) => call(m, { type: 'TEARDOWN' }),
  },
  {
    name: 'implicit reconciliation, by tasks',
    sizes: [10_000, 50_000, 100_000],
    prepare: (tasks) => subscribed(1_000, tasks / 1_000),
    input: (_, m) => call(m, { type: 'RECONCILE', reconcile: {} }),
  },
  {
    name: 'explicit reconciliation, by tasks',
    sizes: [10_000, 25_000, 50_000],
    prepare: (tasks) => subscribed(1_000, tasks / 1_000),
    input: (_, m) => {
      const all = [...(m.frameworks.get('F')?.tasks.keys() ?? [])]
      return call(m, { type: 'RECONCILE', reconcile: { tasks: all.map((value) => ({ task_id: { value } })) } })
    },
  },
]

const tasksOfOne: readonly Case[] = [
  {
    name: 'an agent is marked gone, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: (tasks) => subscribed(1, tasks),
    input: () => markGone,
  },
  {
    name: 'an agent that was unreachable is marked gone, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: lost,
    input: () => markGone,
  },
  {
    name: 'an agent is lost, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: (tasks) => subscribed(1, tasks),
    input: () => ({ type: 'durable', change: 'agent-unreachable', agentId: agentId(0), message: 'lost' }),
  },
  {
    name: 'the link of an agent ends whose tasks do not checkpoint, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: (tasks) => {
      const m = subscribed(1, tasks)
      for (const one of m.frameworks.values()) one.info = { ...one.info, checkpoint: false }
      return m
    },
    input: () => ({ type: 'link-closed', linkId: 0 }),
  },
  {
    name: 'an agent comes back to a new leader, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: () => masterOf({ admitted: admitted(1) }),
    input: returning,
  },
  {
    name: 'an agent comes back that is known, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: (tasks) => {
      const m = subscribed(1, tasks)
      run(m, { type: 'link-closed', linkId: 0 })
      return m
    },
    input: returning,
  },
  {
    name: 'an agent comes back that was lost, by tasks',
    sizes: [1_000, 5_000, 10_000],
    prepare: lost,
    input: returning,
  },
]

const agentsOfAll: readonly Case[] = [
  {
    name: 'a framework subscribes, by agents with something free',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => crowd(agents, 0),
    input: () => ({ type: 'subscribe', streamId: 's', subscribe: { framework_info: { user: 'u', name: 'f' } } }),
  },
  {
    name: 'a framework subscribes again, by offers',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: (_, m) => ({
      type: 'subscribe',
      streamId: 'again',
      subscribe: { framework_info: m.frameworks.get('F')?.info ?? { user: '', name: '' } },
    }),
  },
  {
    name: 'the stream of a framework ends, by offers',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: (_, m) => ({ type: 'stream-closed', streamId: [...m.streams.keys()].at(-1) ?? '' }),
  },
  {
    name: 'a framework declines, by offers',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: (_, m) =>
      call(m, { type: 'DECLINE', decline: { offer_ids: [...m.offers.keys()].map((value) => ({ value })) } }),
  },
  {
    name: 'the time for agents to return is over, by agents',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => masterOf({ admitted: admitted(agents) }),
    input: () => ({ type: 'timer', key: 'recovery' }),
  },
  {
    name: 'an operator subscribes, by agents',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: () => ({ type: 'operator-subscribed', streamId: 'operator' }),
  },
  {
    name: 'agents that are gone are forgotten, by agents',
    sizes: [10_000, 50_000, 100_000],
    prepare: (agents) => masterOf({ gone: goneFor(agents) }, { registryMaxAgentCount: 100 }),
    input: () => ({ type: 'timer', key: 'registry-gc' }),
  },
  {
    name: 'all offers are withdrawn for a weight, by offers',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: () => operate({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'bench', weight: 2 }] } }),
  },
  {
    name: 'offers are withdrawn for a guarantee, by offers',
    sizes: [2_000, 10_000, 20_000],
    prepare: (agents) => subscribed(agents, 1),
    input: (agents) => {
      const guarantees = { cpus: { value: 16 * agents } }
      const quota_configs = [{ role: 'other', guarantees, limits: {} }]
      return operate({ type: 'UPDATE_QUOTA', update_quota: { force: true, quota_configs } })
    },
  },
]

const maintenance: readonly Case[] = [
  {
    name: 'maintenance of all machines is planned, by agents',
    sizes: [1_000, 2_000, 4_000],
    prepare: (agents) => subscribed(agents, 1),
    input: schedule,
  },
  {
    name: 'an allocation while maintenance of all machines is planned, by agents',
    sizes: [1_000, 2_000, 4_000],
    prepare: scheduled,
    input: () => ({ type: 'timer', key: 'allocation' }),
  },
  {
    name: 'all machines go down, by agents',
    sizes: [1_000, 2_000, 4_000],
    prepare: scheduled,
    input: (agents) => operate({ type: 'START_MAINTENANCE', start_maintenance: { machines: machines(agents) } }),
  },
  {
    name: 'agents come back while maintenance of all machines is planned, by agents',
    sizes: [1_000, 2_000, 4_000],
    prepare: (agents) => {
      const m = masterOf({ admitted: admitted(agents) })
      run(m, schedule(agents))
      comeBack(m, agents - 1, 1)
      return m
    },
    input: (agents, m) => {
      const linkId = agents - 1
      run(m, { type: 'link-opened', linkId, ip: '127.0.0.1' })
      return { type: 'link-message', linkId, message: reregister(linkId, 1) }
    },
  },
]

type Figures = {
  readonly pieces: number
  readonly effects: number
  /** Of the longest piece. */
  readonly longestMs: number
  readonly longestCpuMs: number
  readonly cpuMs: number
}

const cpuMsSince = (start?: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1000
}

function measure(one: Case, size: number): Figures {
  const m = one.prepare(size)
  const input = one.input(size, m)
  const longest = { longestMs: 0, longestCpuMs: 0 }
  const cpu = process.threadCpuUsage()
  const { pieces, effects } = run(m, input, (piece) => {
    const [startedAt, start] = [performance.now(), process.threadCpuUsage()]
    const decided = piece()
    longest.longestCpuMs = Math.max(longest.longestCpuMs, cpuMsSince(start))
    longest.longestMs = Math.max(longest.longestMs, performance.now() - startedAt)
    return decided
  })
  return { ...longest, pieces, effects, cpuMs: cpuMsSince(cpu) }
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10

const wanted = process.argv[2] ?? ''
for (const one of [...tasksOfAll, ...tasksOfOne, ...agentsOfAll, ...maintenance]) {
  if (!one.name.includes(wanted)) continue
  let before: { readonly size: number; readonly cpuMs: number } | undefined
  for (const size of one.sizes) {
    const runs = [1, 2, 3].map(() => measure(one, size))
    const { pieces = 0, effects = 0 } = runs[0] ?? {}
    const all = runs.map(({ longestCpuMs }) => longestCpuMs)
    const wallMs = rounded(Math.min(...runs.map(({ longestMs }) => longestMs)))
    const cpuMs = Math.min(...runs.map((figures) => figures.cpuMs))
    const growth = before && Math.round((cpuMs / before.cpuMs / (size / before.size)) * 100) / 100
    const times = { longestStepMs: rounded(Math.min(...all)), worstStepMs: rounded(Math.max(...all)), wallMs }
    process.stdout.write(
      `${JSON.stringify({ name: one.name, size, ...times, cpuMs: rounded(cpuMs), pieces, effects, growth })}\n`,
    )
    before = { size, cpuMs }
  }
}
