import { fromJsonObject } from '@thermosphere/protocol'
import { createFramework } from '../executors/frameworks.ts'
import { createTask } from '../executors/launch.ts'
import { hex } from '../ids.ts'
import { readOperatorContainers } from '../operator-containers/index.ts'
import type { AgentState, Executor, Framework } from '../state.ts'
import { applyStatus } from '../tasks/statuses.ts'
import { openStream, RETRY_MIN_MS } from '../tasks/status-updates.ts'
import { isTerminal } from '../tasks/task-states.ts'
import { CheckpointInvalid, storedTaskInfo, storedWire } from './stored.ts'
import type { StoredEntries } from './stored.ts'

/** What the containerizers must look for before the agent goes on. */
export type ContainerToRecover = { readonly containerId: string; readonly handle: unknown }

/** Puts everything that runs, ended or is owed back into the state, as checkpoint.ts wrote it down. */
export function readEntries(state: AgentState, entries: StoredEntries): ContainerToRecover[] {
  readFrameworks(state, entries)
  readExecutors(state, entries)
  readTasks(state, entries)
  const containers = [...readContainers(state, entries), ...readOperatorContainers(state, entries)]
  readUpdates(state, entries)
  readCompleted(state, entries)
  readOperations(state, entries)
  for (const framework of state.frameworks.values()) markTerminated(framework)
  return containers
}

/** Batches are whole or absent, so what belongs to something that is not there was not written by this agent. */
function frameworkOf(state: AgentState, id: string, key: string): Framework {
  const framework = state.frameworks.get(id)
  if (framework === undefined) throw new CheckpointInvalid(key, `its framework ${id} is missing`)
  return framework
}

function executorOf(framework: Framework, id: string, key: string): Executor {
  const executor = framework.executors.get(id)
  if (executor === undefined) throw new CheckpointInvalid(key, `its executor ${id} is missing`)
  return executor
}

function readFrameworks(state: AgentState, entries: StoredEntries): void {
  entries.each('framework', ({ path, key, value }) => {
    const id = path[0] ?? ''
    const info = storedWire(key, () => fromJsonObject('mesos.v1.FrameworkInfo', value.info))
    state.frameworks.set(id, createFramework(id, info))
  })
}

function readExecutors(state: AgentState, entries: StoredEntries): void {
  entries.each('executor', ({ path, key, value }) => {
    const [frameworkId = '', id = ''] = path
    const framework = frameworkOf(state, frameworkId, key)
    const executor: Executor = {
      id,
      frameworkId,
      info: storedWire(key, () => fromJsonObject('mesos.v1.ExecutorInfo', value.info)),
      kind: value.kind,
      containerId: value.container_id,
      directory: value.directory,
      createdAt: value.created_at,
      phase: value.registered ? { type: 'running' } : { type: 'registering', since: value.created_at },
      tasks: new Map(),
      queued: [],
      completedTasks: [],
      pid: undefined,
      connectionId: undefined,
      driverPid: value.driver_pid,
      hasReceivedTask: true,
      recovering: value.kind === 'custom',
    }
    framework.executors.set(id, executor)
    state.containers.set(executor.containerId, { frameworkId, executorId: id, taskId: undefined })
  })
}

function readTasks(state: AgentState, entries: StoredEntries): void {
  entries.each('task', ({ path, key, value }) => {
    const [frameworkId = '', executorId = '', taskId = ''] = path
    const framework = frameworkOf(state, frameworkId, key)
    const executor = executorOf(framework, executorId, key)
    const info = storedTaskInfo(key, value.info)
    const task = createTask(framework, executor, { info, groupId: value.group_id, containerId: value.container_id })
    executor.tasks.set(taskId, task)
    if (task.containerId !== undefined) state.containers.set(task.containerId, { frameworkId, executorId, taskId })
    const kill = entries.get('kill', `kill/${path.join('/')}`)
    if (kill !== undefined) {
      const { cause, since, grace_ms: graceMs } = kill
      task.run = { type: 'killing', startedAt: since, cause, since, graceMs, escalated: false }
    }
  })
}

function readContainers(state: AgentState, entries: StoredEntries): ContainerToRecover[] {
  const containers: ContainerToRecover[] = []
  entries.each('container', ({ path, key, value }) => {
    const [frameworkId = '', executorId = '', containerId = ''] = path
    const executor = executorOf(frameworkOf(state, frameworkId, key), executorId, key)
    if (containerId === executor.containerId) executor.pid = value.pid
    const task = executor.tasks.get(value.task_id ?? '')
    if (task !== undefined) {
      task.pid = value.pid
      task.ipAddress = value.ip_address
      if (task.run?.type === 'launching') task.run = { type: 'running', startedAt: value.started_at }
    }
    containers.push({ containerId, handle: value.handle })
  })
  return containers
}

function readUpdates(state: AgentState, entries: StoredEntries): void {
  entries.each('update', ({ path, key, value }) => {
    const [frameworkId = '', taskId = '', sequence = '0'] = path
    const framework = frameworkOf(state, frameworkId, key)
    const status = storedWire(key, () => fromJsonObject('mesos.v1.TaskStatus', value.status))
    const acknowledged = entries.get('ack', `ack/${frameworkId}/${taskId}`)?.up_to ?? 0
    const stream = openStream(framework, taskId, value.executor_id)
    stream.seen.add(hex(status.uuid ?? new Uint8Array()))
    stream.nextSequence = Number(sequence) + 1
    stream.latestState = status.state
    stream.ended ||= isTerminal(status.state)
    if (Number(sequence) >= acknowledged) {
      stream.pending.push({ sequence: Number(sequence), status, durable: true })
    }
    const task = framework.executors.get(value.executor_id)?.tasks.get(taskId)
    if (task === undefined) return
    applyStatus(task, status)
    if (isTerminal(status.state)) task.run &&= { type: 'ended' }
  })
}

function readCompleted(state: AgentState, entries: StoredEntries): void {
  entries.each('completed', ({ path, key, value }) => {
    const [frameworkId = '', containerId = ''] = path
    const framework = frameworkOf(state, frameworkId, key)
    const info = storedWire(key, () => fromJsonObject('mesos.v1.ExecutorInfo', value.info))
    framework.completedExecutors.push({
      id: info.executor_id.value,
      kind: value.kind,
      info,
      containerId,
      directory: value.directory,
      completedTasks: value.tasks.map((task) => storedWire(key, () => fromJsonObject('mesos.v1.Task', task))),
    })
  })
}

function readOperations(state: AgentState, entries: StoredEntries): void {
  entries.each('operation', ({ path, key, value }) => {
    const uuid = path[0] ?? ''
    state.operations.set(uuid, {
      uuid: Uint8Array.from(uuid.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      operation: storedWire(key, () => fromJsonObject('mesos.v1.Offer.Operation', value.operation)),
      frameworkId: value.framework_id,
      status: storedWire(key, () => fromJsonObject('mesos.v1.OperationStatus', value.status)),
      durable: true,
      retryMs: RETRY_MIN_MS,
    })
  })
}

/** An executor whose last task ended under the agent before is not written down as ended: it shows in its tasks. */
function markTerminated(framework: Framework): void {
  for (const executor of framework.executors.values()) {
    const tasks = [...executor.tasks.values()]
    const isOver = tasks.length > 0 && tasks.every((task) => isTerminal(task.state))
    if (isOver && executor.kind !== 'custom') executor.phase = { type: 'terminated' }
  }
}
