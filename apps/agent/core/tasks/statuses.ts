import type { mesos } from '@thermosphere/protocol'
import { saveFramework } from '../checkpoint/checkpoint.ts'
import { uuidBytes } from '../ids.ts'
import type { Executor, Framework, Task, TaskPlace } from '../state.ts'
import { enqueueUpdate } from './status-updates.ts'
import { isTerminal } from './task-states.ts'
import type { Turn } from '../turn.ts'

/** What differs from status to status; the rest is filled from the task and its executor. */
export type StatusChange = {
  readonly state: mesos.TaskState
  readonly source?: mesos.TaskStatus_Source
  readonly reason?: mesos.TaskStatus_Reason | undefined
  readonly message?: string | undefined
  readonly healthy?: boolean | undefined
  readonly check_status?: mesos.CheckStatusInfo | undefined
  readonly data?: Uint8Array | undefined
  readonly limitation?: mesos.TaskResourceLimitation | undefined
}

/** Makes, records and queues an update of a task that the agent plays the executor of, or ends itself. */
export function reportTask(turn: Turn, place: TaskPlace, change: StatusChange): void {
  const { executor, task } = place
  const status: mesos.TaskStatus = {
    task_id: task.info.task_id,
    ...present(change),
    state: change.state,
    source: change.source ?? 'SOURCE_EXECUTOR',
    agent_id: task.info.agent_id,
    executor_id: { value: executor.id },
    timestamp: turn.now / 1000,
    uuid: uuidBytes(turn.state.random),
    ...(executor.pid === undefined && task.pid === undefined
      ? {}
      : { container_status: containerStatus(turn, executor, task) }),
  }
  recordUpdate(turn, place, status)
}

/** Records a status in the task's history, counts it and queues it for the framework. */
export function recordUpdate(turn: Turn, place: TaskPlace, status: mesos.TaskStatus): boolean {
  const { framework, executor, task } = place
  if (framework.terminating) {
    applyStatus(task, status)
    return true
  }
  if (!enqueueUpdate(turn, framework, { executorId: executor.id, status })) return false
  applyStatus(task, status)
  if (isTerminal(status.state)) countTerminal(turn, status.state)
  return true
}

/** Consecutive statuses of one state replace each other; `data` is not kept. */
export function applyStatus(task: Task, status: mesos.TaskStatus): void {
  const { data: _data, ...kept } = status
  if (task.statuses.at(-1)?.state === status.state) task.statuses.pop()
  task.statuses.push(kept)
  task.state = status.state
}

export function containerIdOf(executor: Executor, task: Task): mesos.ContainerID {
  if (task.containerId === undefined || task.containerId === executor.containerId)
    return { value: executor.containerId }
  return { value: task.containerId, parent: { value: executor.containerId } }
}

export function containerStatus(turn: Turn, executor: Executor, task: Task): mesos.ContainerStatus {
  const pid = task.pid ?? executor.pid
  return {
    container_id: containerIdOf(executor, task),
    network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: task.ipAddress ?? turn.state.config.ip }] }],
    ...(pid === undefined || pid === 0 ? {} : { executor_pid: pid }),
  }
}

type UnknownTask = { readonly taskId: string; readonly executorId: string | undefined }

/** An update for a task that no executor here holds. */
export function reportUnknownTask(
  turn: Turn,
  framework: Framework,
  { ids, change }: { readonly ids: UnknownTask; readonly change: StatusChange },
): void {
  if (framework.terminating || turn.state.agentId === undefined) return
  // What is owed to a framework that is not written down would be forgotten by a restart.
  saveFramework(turn, framework)
  enqueueUpdate(turn, framework, {
    executorId: ids.executorId ?? '',
    status: {
      task_id: { value: ids.taskId },
      ...present(change),
      state: change.state,
      source: 'SOURCE_AGENT',
      agent_id: { value: turn.state.agentId },
      ...(ids.executorId === undefined ? {} : { executor_id: { value: ids.executorId } }),
      timestamp: turn.now / 1000,
      uuid: uuidBytes(turn.state.random),
    },
  })
  countTerminal(turn, change.state)
}

function present(change: StatusChange): Partial<mesos.TaskStatus> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

function countTerminal(turn: Turn, state: mesos.TaskState): void {
  const { counters } = turn.state
  if (state === 'TASK_FINISHED') counters.tasksFinished++
  else if (state === 'TASK_FAILED') counters.tasksFailed++
  else if (state === 'TASK_KILLED') counters.tasksKilled++
  else if (state === 'TASK_LOST') counters.tasksLost++
  else if (state === 'TASK_GONE') counters.tasksGone++
}
