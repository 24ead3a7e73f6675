import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { tellOperators } from './emit.ts'
import { finishDrainIfIdle } from './agents/drain.ts'
import { isTerminal } from './states.ts'
import { recover } from './allocation-books.ts'
import type { Agent, Executor, Framework, FrameworkId, Master, Task } from './model.ts'

/** Fields that the maker of a status decides; the rest follows from the task. */
export type StatusDraft = Omit<mesos.TaskStatus, 'timestamp' | 'source'>

/** A status made by the master: no uuid, so that nobody acknowledges it. */
export function masterStatus(m: Master, draft: StatusDraft): mesos.TaskStatus {
  return { ...draft, source: 'SOURCE_MASTER', timestamp: m.now / 1000 }
}

/** The master's record of a task that is about to be sent to its agent. */
export function newTaskWire(info: mesos.TaskInfo, frameworkId: FrameworkId, executor?: mesos.ExecutorInfo): mesos.Task {
  const executorId = executor?.executor_id ?? info.executor?.executor_id
  const container = info.container ?? info.executor?.container
  const user = info.command?.user ?? info.executor?.command?.user
  return {
    name: info.name,
    task_id: info.task_id,
    framework_id: { value: frameworkId },
    ...(executorId && { executor_id: executorId }),
    agent_id: info.agent_id,
    state: 'TASK_STAGING',
    ...(info.resources && { resources: info.resources }),
    ...(info.labels && { labels: info.labels }),
    ...(info.discovery && { discovery: info.discovery }),
    ...(container && { container }),
    ...(info.health_check && { health_check: info.health_check }),
    ...(info.kill_policy && { kill_policy: info.kill_policy }),
    ...(user !== undefined && { user }),
    ...(info.limits && { limits: info.limits }),
  }
}

/** Enters a task into the books of its framework and agent. */
export function addTask(m: Master, framework: Framework, agent: Agent, wire: mesos.Task): Task {
  const task = enterTask(m, framework, agent, wire)
  if (task.holdsResources) use(m, framework, agent, task.resources)
  return task
}

/** As `addTask`, for one of many: what they hold is still to be charged, all at once by `use`, as sums are dear. */
export function enterTask(m: Master, framework: Framework, agent: Agent, wire: mesos.Task): Task {
  const resources = Resources.fromWire(wire.resources ?? [])
  const task: Task = {
    id: wire.task_id.value,
    frameworkId: framework.id,
    agentId: agent.id,
    wire,
    resources,
    holdsResources: !isTerminal(wire.state) && wire.state !== 'TASK_UNREACHABLE',
    killRequested: false,
  }
  const before = framework.tasks.set(task.id, task)
  if (before?.agentId === agent.id) agent.tasks.delete(before)
  agent.tasks.add(task)
  tellOperators(m, { type: 'TASK_ADDED', task_added: { task: wire } })
  return task
}

export function addExecutor(m: Master, framework: Framework, agent: Agent, info: mesos.ExecutorInfo): Executor {
  const resources = Resources.fromWire(info.resources ?? [])
  const executor: Executor = { info, frameworkId: framework.id, agentId: agent.id, resources }
  const id = info.executor_id.value
  inner(framework.executors, agent.id).set(id, executor)
  inner(agent.executors, framework.id).set(id, executor)
  framework.executorList.set(executor, executor)
  use(m, framework, agent, resources)
  return executor
}

export function removeExecutor(m: Master, framework: Framework, agent: Agent, executor: Executor): void {
  const id = executor.info.executor_id.value
  dropInner(framework.executors, agent.id, id)
  dropInner(agent.executors, framework.id, id)
  framework.executorList.delete(executor)
  release(m, framework, agent, executor.resources)
  recover(m, executor)
}

/** Charges resources to a framework on an agent. The allocator already counts them, as offered. */
export function use(m: Master, framework: Framework, agent: Agent, resources: Resources): void {
  const before = agent.used.byKey.get(framework.id)
  framework.used.add(agent.id, resources)
  agent.used.add(framework.id, resources)
  m.roleLedger.change(before, agent.used.byKey.get(framework.id))
}

function release(m: Master, framework: Framework, agent: Agent, resources: Resources): void {
  const before = agent.used.byKey.get(framework.id)
  framework.used.subtract(agent.id, resources)
  agent.used.subtract(framework.id, resources)
  m.roleLedger.change(before, agent.used.byKey.get(framework.id))
}

/** All that a framework's tasks hold on an agent, which has no executor of it, goes back at once: sums are dear. */
export function releaseTasks(m: Master, framework: Framework, agent: Agent): void {
  const resources = agent.used.byKey.get(framework.id)
  if (!resources) return
  release(m, framework, agent, resources)
  recover(m, { frameworkId: framework.id, agentId: agent.id, resources })
}

function inner<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = outer.get(key)
  if (known) return known
  const fresh = new Map<string, V>()
  outer.set(key, fresh)
  return fresh
}

function dropInner<V>(outer: Map<string, Map<string, V>>, key: string, id: string): void {
  const map = outer.get(key)
  map?.delete(id)
  if (map?.size === 0) outer.delete(key)
}

/** Gives a task's resources back, once. */
function releaseTask(m: Master, framework: Framework, agent: Agent, task: Task): void {
  if (!task.holdsResources) return
  task.holdsResources = false
  release(m, framework, agent, task.resources)
  recover(m, task)
}

/** Replaces the record of a task. */
export function rewriteTask(framework: Framework, task: Task, wire: mesos.Task): void {
  const before = task.wire
  task.wire = wire
  framework.tasks.rewritten(task, before)
  framework.unreachableTasks.rewritten(task, before)
}

/** What an agent or the master itself says about a task. */
export type TaskUpdate = { readonly status: mesos.TaskStatus; readonly latestState?: mesos.TaskState | undefined }

const isCheckUpdate = (reason: mesos.TaskStatus_Reason | undefined): boolean =>
  reason === 'REASON_TASK_CHECK_STATUS_UPDATED' || reason === 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'

/** Records a status: one, the last, is kept per run of the same state; a terminal state never changes again. */
export function applyStatus(m: Master, framework: Framework, agent: Agent, task: Task, update: TaskUpdate): void {
  const { data: _data, ...status } = update.status
  const before = task.wire
  const wasTerminal = isTerminal(before.state)
  const state = wasTerminal ? before.state : (update.latestState ?? status.state)
  const statuses = [...(before.statuses ?? [])]
  const repeated = statuses.at(-1)?.state === status.state
  if (repeated) statuses.pop()
  statuses.push(status)
  const forwarded = status.uuid ? { status_update_state: status.state, status_update_uuid: status.uuid } : {}
  rewriteTask(framework, task, { ...before, state, statuses, ...forwarded })
  if (!wasTerminal && isTerminal(state)) countTerminal(m, framework, state, status)
  if (isTerminal(state) || state === 'TASK_UNREACHABLE') releaseTask(m, framework, agent, task)
  if (repeated && !isCheckUpdate(status.reason)) return
  tellOperators(m, { type: 'TASK_UPDATED', task_updated: { framework_id: { value: framework.id }, status, state } })
}

/** Metric names keep the old word for agents. */
const oldName = (text: string): string => text.toLowerCase().replace(/agent/g, 'slave')

/** A task ended: by state, and by who said so and why. */
export function countTerminal(m: Master, framework: Framework, state: mesos.TaskState, status: mesos.TaskStatus): void {
  const name = state.toLowerCase()
  m.counters.add(`master/${name.replace('task_', 'tasks_')}`)
  framework.counters.add(`tasks/terminal/${name}`)
  if (status.source === undefined) return
  const reason = status.reason === undefined ? '' : `/${oldName(status.reason)}`
  if (reason) m.counters.add(`master/${name}/${oldName(status.source)}${reason}`)
}

/** Takes a task out of the running books; it lives on among the completed or the unreachable ones. */
export function removeTask(m: Master, framework: Framework, agent: Agent, task: Task): void {
  releaseTask(m, framework, agent, task)
  framework.tasks.delete(task.id)
  agent.tasks.delete(task)
  if (isOutOfReach(task)) keepUnreachable(m, framework, task)
  else framework.completedTasks.push(task)
  finishDrainIfIdle(m, agent)
}

/** A framework that does not know partitions hears TASK_LOST, but the agent may come back with the task. */
function isOutOfReach({ wire }: Task): boolean {
  if (wire.state === 'TASK_UNREACHABLE') return true
  const last = wire.statuses?.at(-1)
  return wire.state === 'TASK_LOST' && last?.source === 'SOURCE_MASTER' && last.unreachable_time !== undefined
}

function keepUnreachable(m: Master, framework: Framework, task: Task): void {
  framework.unreachableTasks.set(task.id, task)
  if (framework.unreachableTasks.size <= m.config.maxUnreachableTasksPerFramework) return
  const oldest = framework.unreachableTasks.keys().next().value
  if (oldest !== undefined) framework.unreachableTasks.delete(oldest)
}
