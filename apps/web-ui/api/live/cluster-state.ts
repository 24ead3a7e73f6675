import type { z } from '../zod.ts'
import type {
  agentSchema,
  frameworkSchema,
  OperatorEvent,
  StateSummary,
  statusSchema,
  taskSchema,
  WireSnapshot,
} from '../schemas/mesos.ts'
import type { Amounts } from './resources.ts'
import { amountsOf, nothing, portNumbers, reservedOf } from './resources.ts'
import { limits } from '../../limits.ts'

/**
 * The cluster as the master tells it: one snapshot, then events. The maps are changed in place and handed out under a
 * new wrapper object for each batch, so that a storm of updates copies nothing.
 */
export type TaskStatus = {
  state: string
  at: number | undefined
  message: string | undefined
  reason: string | undefined
  source: string | undefined
  healthy: boolean | undefined
}

export type Task = {
  key: string
  id: string
  name: string
  frameworkId: string
  agentId: string
  executorId: string | undefined
  state: string
  resources: Amounts
  ports: number[]
  role: string
  statuses: TaskStatus[]
  healthy: boolean | undefined
  startedAt: number | undefined
  updatedAt: number | undefined
  addresses: string[]
  labels: { key: string; value: string }[]
  image: string | undefined
  user: string | undefined
}

export type Agent = {
  id: string
  hostname: string
  port: number | undefined
  active: boolean
  deactivated: boolean
  drain: string | undefined
  version: string
  registeredAt: number | undefined
  reregisteredAt: number | undefined
  attributes: { name: string; value: string }[]
  capabilities: string[]
  total: Amounts
  reserved: Amounts
  offered: Amounts
}

export type Framework = {
  id: string
  name: string
  user: string
  principal: string
  hostname: string
  webuiUrl: string
  roles: string[]
  capabilities: string[]
  checkpoint: boolean
  failoverTimeout: number
  active: boolean
  connected: boolean
  completed: boolean
  registeredAt: number | undefined
  unregisteredAt: number | undefined
}

export type Cluster = {
  agents: ReadonlyMap<string, Agent>
  frameworks: ReadonlyMap<string, Framework>
  tasks: ReadonlyMap<string, Task>
  /** Rises with every batch; views that cache by it need no deep comparison. */
  revision: number
}

const endedStates: ReadonlySet<string> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
])
export const isEnded = (state: string) => endedStates.has(state)
export const taskKey = (frameworkId: string, taskId: string) => `${frameworkId}/${taskId}`

type Mutable = { agents: Map<string, Agent>; frameworks: Map<string, Framework>; tasks: Map<string, Task> }

/** Owns the maps; `view()` hands them out. */
export class ClusterState {
  readonly #state: Mutable = { agents: new Map(), frameworks: new Map(), tasks: new Map() }
  #revision = 0

  view(): Cluster {
    this.#revision += 1
    return { ...this.#state, revision: this.#revision }
  }

  load(snapshot: WireSnapshot): void {
    for (const map of [this.#state.agents, this.#state.frameworks, this.#state.tasks]) map.clear()
    const { get_agents: agents, get_frameworks: frameworks, get_tasks: tasks } = snapshot
    for (const one of agents.agents) this.#putAgent(one)
    for (const one of frameworks.completed_frameworks) this.#putFramework(one, { completed: true })
    for (const one of frameworks.frameworks) this.#putFramework(one, { completed: false })
    for (const one of [...tasks.completed_tasks, ...tasks.unreachable_tasks, ...tasks.tasks]) this.#putTask(one)
    this.#trimEnded()
  }

  apply(event: OperatorEvent): void {
    switch (event.type) {
      case 'SUBSCRIBED':
        return event.subscribed.get_state === undefined ? undefined : this.load(event.subscribed.get_state)
      case 'HEARTBEAT':
        return undefined
      case 'TASK_ADDED':
        return this.#putTask(event.task_added.task)
      case 'TASK_UPDATED':
        return this.#updateTask(event.task_updated)
      case 'FRAMEWORK_ADDED':
        return this.#putFramework(event.framework_added.framework, { completed: false })
      case 'FRAMEWORK_UPDATED':
        return this.#putFramework(event.framework_updated.framework, { completed: false })
      case 'FRAMEWORK_REMOVED':
        return this.#removeFramework(event.framework_removed.framework_info.id?.value)
      case 'AGENT_ADDED':
        return this.#putAgent(event.agent_added.agent)
      case 'AGENT_REMOVED':
        return void this.#state.agents.delete(event.agent_removed.agent_id.value)
    }
  }

  /** What the stream has no events for: lost agents, offers, disconnected frameworks. */
  refine(summary: StateSummary): void {
    for (const slave of summary.slaves) {
      const agent = this.#state.agents.get(slave.id)
      if (agent === undefined) continue
      const offered = { ...nothing, ...slave.offered_resources }
      this.#state.agents.set(slave.id, {
        ...agent,
        active: slave.active,
        deactivated: slave.deactivated ?? false,
        offered,
      })
    }
    const listed = new Set(summary.slaves.map((slave) => slave.id))
    for (const agent of this.#state.agents.values())
      if (!listed.has(agent.id)) this.#state.agents.set(agent.id, { ...agent, active: false, offered: nothing })
    for (const one of summary.frameworks) {
      const framework = this.#state.frameworks.get(one.id)
      if (framework === undefined) continue
      this.#state.frameworks.set(one.id, {
        ...framework,
        active: one.active ?? framework.active,
        connected: one.connected ?? framework.connected,
      })
    }
  }

  #putAgent(wire: z.infer<typeof agentSchema>): void {
    const agent = agentFrom(wire)
    this.#state.agents.set(agent.id, agent)
  }

  #putFramework(wire: z.infer<typeof frameworkSchema>, options: { completed: boolean }): void {
    const framework = frameworkFrom(wire, options)
    this.#state.frameworks.set(framework.id, framework)
  }

  #removeFramework(id: string | undefined): void {
    const framework = id === undefined ? undefined : this.#state.frameworks.get(id)
    if (framework === undefined) return
    this.#state.frameworks.set(framework.id, { ...framework, active: false, connected: false, completed: true })
  }

  #putTask(wire: z.infer<typeof taskSchema>): void {
    const task = taskFrom(wire)
    this.#state.tasks.set(task.key, task)
  }

  #updateTask(update: Extract<OperatorEvent, { type: 'TASK_UPDATED' }>['task_updated']): void {
    const key = taskKey(update.framework_id.value, update.status.task_id.value)
    const known = this.#state.tasks.get(key)
    if (known === undefined) return
    this.#state.tasks.set(key, withStatus(known, update.status, update.state))
    if (isEnded(update.state)) this.#trimEnded()
  }

  #trimEnded(): void {
    const ended = [...this.#state.tasks.values()].filter((task) => isEnded(task.state))
    if (ended.length <= limits.endedTasksMax) return
    ended.sort((a, b) => (a.updatedAt ?? 0) - (b.updatedAt ?? 0))
    for (const task of ended.slice(0, ended.length - limits.endedTasksMax)) this.#state.tasks.delete(task.key)
  }
}

const seconds = (value: number | undefined) => (value === undefined ? undefined : value * 1000)
const moment = (value: { nanoseconds: number } | undefined) =>
  value === undefined || value.nanoseconds === 0 ? undefined : value.nanoseconds / 1e6

function statusFrom(wire: z.infer<typeof statusSchema>): TaskStatus {
  return {
    state: wire.state,
    at: seconds(wire.timestamp),
    message: wire.message,
    reason: wire.reason,
    source: wire.source,
    healthy: wire.healthy,
  }
}

const addressesOf = (wire: z.infer<typeof statusSchema> | undefined) =>
  (wire?.container_status?.network_infos ?? [])
    .flatMap((info) => info.ip_addresses)
    .flatMap((address) => (address.ip_address === undefined ? [] : [address.ip_address]))

function taskFrom(wire: z.infer<typeof taskSchema>): Task {
  const statuses = wire.statuses.map(statusFrom)
  const last = statuses.at(-1)
  const frameworkId = wire.framework_id.value
  return {
    key: taskKey(frameworkId, wire.task_id.value),
    id: wire.task_id.value,
    name: wire.name,
    frameworkId,
    agentId: wire.agent_id?.value ?? '',
    executorId: wire.executor_id?.value,
    state: wire.state,
    resources: amountsOf(wire.resources),
    ports: portNumbers(wire.resources),
    role: wire.resources.find((one) => one.allocation_info?.role !== undefined)?.allocation_info?.role ?? '*',
    statuses,
    healthy: last?.healthy,
    startedAt: statuses.find((status) => status.state === 'TASK_RUNNING')?.at,
    updatedAt: last?.at,
    addresses: addressesOf(wire.statuses.at(-1)),
    labels: (wire.labels?.labels ?? []).map((label) => ({ key: label.key, value: label.value ?? '' })),
    image: wire.container?.docker?.image,
    user: wire.user,
  }
}

/** The newest status of each state is kept, as the master does. */
function withStatus(task: Task, wire: z.infer<typeof statusSchema>, state: string): Task {
  const status = statusFrom(wire)
  const statuses = [...task.statuses.filter((one) => one.state !== status.state), status]
  const addresses = addressesOf(wire)
  return {
    ...task,
    state,
    statuses,
    healthy: status.healthy ?? (isEnded(state) ? undefined : task.healthy),
    startedAt: task.startedAt ?? (status.state === 'TASK_RUNNING' ? status.at : undefined),
    updatedAt: status.at ?? task.updatedAt,
    addresses: addresses.length === 0 ? task.addresses : addresses,
  }
}

function agentFrom(wire: z.infer<typeof agentSchema>): Agent {
  const info = wire.agent_info
  return {
    id: info.id?.value ?? '',
    hostname: info.hostname,
    port: info.port,
    active: wire.active,
    deactivated: wire.deactivated ?? false,
    drain: wire.drain_info?.state,
    version: wire.version ?? '',
    registeredAt: moment(wire.registered_time),
    reregisteredAt: moment(wire.reregistered_time),
    attributes: (info.attributes ?? []).map((one) => ({
      name: one.name,
      value: one.text?.value ?? one.scalar?.value.toString() ?? one.set?.item.join(', ') ?? '',
    })),
    capabilities: (wire.capabilities ?? []).map((one) => one.type),
    total: amountsOf(wire.total_resources),
    reserved: reservedOf(wire.total_resources),
    offered: amountsOf(wire.offered_resources),
  }
}

function frameworkFrom(wire: z.infer<typeof frameworkSchema>, options: { completed: boolean }): Framework {
  const info = wire.framework_info
  return {
    id: info.id?.value ?? '',
    name: info.name,
    user: info.user ?? '',
    principal: info.principal ?? '',
    hostname: info.hostname ?? '',
    webuiUrl: info.webui_url ?? '',
    roles: info.roles ?? (info.role === undefined ? ['*'] : [info.role]),
    capabilities: (info.capabilities ?? []).map((one) => one.type),
    checkpoint: info.checkpoint ?? false,
    failoverTimeout: info.failover_timeout ?? 0,
    active: wire.active ?? !options.completed,
    connected: wire.connected ?? !options.completed,
    completed: options.completed,
    registeredAt: moment(wire.registered_time),
    unregisteredAt: moment(wire.unregistered_time),
  }
}
