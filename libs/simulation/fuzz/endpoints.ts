/** The four endpoints that take calls, and what keeps a call that stayed valid from changing anything. */
import type { WireName } from '@thermosphere/protocol'
import type { Samples } from '@thermosphere/protocol/fuzz'
import type { LiveFramework } from './live-framework.ts'
import type { ServerName } from './target.ts'

export const endpointNames = ['scheduler', 'executor', 'master', 'agent'] as const
export type EndpointName = (typeof endpointNames)[number]

type Call = Record<string, unknown>

export type Endpoint = {
  readonly name: EndpointName
  readonly server: ServerName
  readonly path: string
  readonly message: Extract<WireName, `${string}.Call`>
  /** By whom a call may be. */
  readonly caller: (live: LiveFramework) => Call
  /** The call with one member that makes it refusable or empty; undefined if it is harmless already. */
  readonly disarm: (call: Call, live: LiveFramework) => Call | undefined
}

const nobody = { value: 'nobody-has-this-id' }
const isObject = (value: unknown): value is Call => typeof value === 'object' && value !== null
const member = (call: Call, name: string): Call => (isObject(call[name]) ? call[name] : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
/** Without the member the call is refused anyway. */
const withMember = (call: Call, name: string, change: Call): Call | undefined =>
  isObject(call[name]) ? { ...call, [name]: { ...call[name], ...change } } : undefined

function disarmScheduler(call: Call): Call | undefined {
  switch (call['type']) {
    case 'SUBSCRIBE':
      return { ...call, framework_id: { value: 'not-the-one-inside' } }
    case 'KILL':
      return withMember(call, 'kill', { task_id: nobody })
    case 'SHUTDOWN':
      return withMember(call, 'shutdown', { executor_id: nobody })
    case 'TEARDOWN':
    case 'REVIVE':
    case 'SUPPRESS':
    case 'UPDATE_FRAMEWORK':
      return { ...call, framework_id: nobody }
    default:
      return undefined
  }
}

function disarmExecutor(call: Call): Call | undefined {
  if (call['type'] === 'SUBSCRIBE') return { ...call, executor_id: nobody }
  if (call['type'] !== 'UPDATE') return undefined
  const { status } = member(call, 'update')
  return isObject(status) ? withMember(call, 'update', { status: { ...status, task_id: nobody } }) : undefined
}

const nonsense = { name: 'cpus', type: 'SCALAR', scalar: { value: 1e6 } }

/** Of calls that change something: a part that no master accepts. */
const masterPoison: Readonly<Record<string, (of: Call) => Call>> = {
  update_weights: (of) => ({ weight_infos: [...list(of['weight_infos']), { role: 'r', weight: -1 }] }),
  update_quota: (of) => ({ quota_configs: [...list(of['quota_configs']), { role: '..' }] }),
  set_quota: (of) => ({ quota_request: { ...member(of, 'quota_request'), role: '..' } }),
  remove_quota: () => ({ role: 'nobody-has-this-role' }),
  set_logging_level: () => ({ duration: { nanoseconds: -1 } }),
  update_maintenance_schedule: (of) => {
    const windows = list(member(of, 'schedule')['windows'])
    const unnamed = { machine_ids: [{}], unavailability: { start: { nanoseconds: 0 } } }
    return { schedule: { windows: [...windows, unnamed] } }
  },
  start_maintenance: (of) => ({ machines: [...list(of['machines']), { hostname: 'nobody-has-this-name' }] }),
  stop_maintenance: (of) => ({ machines: [...list(of['machines']), { hostname: 'nobody-has-this-name' }] }),
  teardown: () => ({ framework_id: nobody }),
  drain_agent: () => ({ agent_id: nobody }),
  deactivate_agent: () => ({ agent_id: nobody }),
  reactivate_agent: () => ({ agent_id: nobody }),
  mark_agent_gone: () => ({ agent_id: nobody }),
  reserve_resources: (of) => ({ resources: [...list(of['resources']), nonsense] }),
  unreserve_resources: (of) => ({ resources: [...list(of['resources']), nonsense] }),
  create_volumes: (of) => ({ volumes: [...list(of['volumes']), nonsense] }),
  destroy_volumes: (of) => ({ volumes: [...list(of['volumes']), nonsense] }),
  grow_volume: () => ({ agent_id: nobody }),
  shrink_volume: () => ({ agent_id: nobody }),
}

const unknownContainer = { container_id: { value: 'nobody', parent: nobody } }
const agentPoison: Readonly<Record<string, (of: Call) => Call>> = {
  set_logging_level: () => ({ duration: { nanoseconds: -1 } }),
  launch_container: () => unknownContainer,
  launch_nested_container: () => unknownContainer,
  launch_nested_container_session: () => unknownContainer,
}

function poisoned(call: Call, poison: Readonly<Record<string, (of: Call) => Call>>): Call | undefined {
  const name = String(call['type']).toLowerCase()
  const change = Object.hasOwn(poison, name) ? poison[name]?.(member(call, name)) : undefined
  return change && withMember(call, name, change)
}

const all: Readonly<Record<EndpointName, Omit<Endpoint, 'name'>>> = {
  scheduler: {
    server: 'master',
    path: '/api/v1/scheduler',
    message: 'mesos.v1.scheduler.Call',
    caller: ({ frameworkId }) => ({ framework_id: { value: frameworkId } }),
    disarm: disarmScheduler,
  },
  executor: {
    server: 'agent',
    path: '/api/v1/executor',
    message: 'mesos.v1.executor.Call',
    caller: ({ frameworkId, executorId }) => ({
      framework_id: { value: frameworkId },
      executor_id: { value: executorId },
    }),
    disarm: disarmExecutor,
  },
  master: {
    server: 'master',
    path: '/api/v1',
    message: 'mesos.v1.master.Call',
    caller: () => ({}),
    disarm: (call) => poisoned(call, masterPoison),
  },
  agent: {
    server: 'agent',
    path: '/api/v1',
    message: 'mesos.v1.agent.Call',
    caller: () => ({}),
    disarm: (call) => poisoned(call, agentPoison),
  },
}

export const endpointOf = (name: EndpointName): Endpoint => ({ name, ...all[name] })

/** Ids that are known stand where they may, so that calls come as far as they can. */
export function samplesOf(live: LiveFramework): Samples {
  const { frameworkId, agentId, executorId, taskIds, role } = live
  const ids = (...values: readonly string[]): object[] => values.map((value) => ({ value }))
  return {
    'mesos.v1.FrameworkID': ids(frameworkId, frameworkId, frameworkId, 'nobody'),
    'mesos.v1.AgentID': ids(agentId, agentId, 'nobody'),
    'mesos.v1.ExecutorID': ids(executorId, executorId, 'nobody'),
    'mesos.v1.TaskID': ids(...taskIds, 'nobody'),
    'mesos.v1.Resource': [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 32 }, reservations: [{ type: 'DYNAMIC', role }] },
    ],
  }
}
