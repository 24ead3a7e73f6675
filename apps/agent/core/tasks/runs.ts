import { checkStatus, startCheckers } from './checkers.ts'
import { saveContainer, saveExecutor } from '../checkpoint/checkpoint.ts'
import {
  onCustomEnded,
  onCustomLaunched,
  onCustomLaunchFailed,
  onCustomUpdateFailed,
} from '../executors/custom-executors.ts'
import { millisOf } from '../ids.ts'
import type { ContainerEnd, Launched } from '../inputs.ts'
import { graceOf, killSiblings, killTaskRun } from './kills.ts'
import { signalName } from './signals.ts'
import type { Executor, Framework, Task, TaskPlace } from '../state.ts'
import { reportTask } from './statuses.ts'
import type { StatusChange } from './statuses.ts'
import { endTask } from './task-end.ts'
import { limitationCause, preempted } from './task-states.ts'
import type { Turn } from '../turn.ts'

/** What containers tell: launched, failed to launch, ended. The agent answers for the executors that it plays. */

type ContainerPlace = { readonly framework: Framework; readonly executor: Executor; readonly task: Task | undefined }

function placeOf(turn: Turn, containerId: string): ContainerPlace | undefined {
  const owner = turn.state.containers.get(containerId)
  const framework = turn.state.frameworks.get(owner?.frameworkId ?? '')
  const executor = framework?.executors.get(owner?.executorId ?? '')
  if (owner === undefined || framework === undefined || executor === undefined) return undefined
  return { framework, executor, task: executor.tasks.get(owner.taskId ?? '') }
}

/** Where a task is, by its ids. */
export function findPlace(
  turn: Turn,
  ids: { readonly frameworkId: string; readonly executorId: string; readonly taskId: string },
): TaskPlace | undefined {
  const framework = turn.state.frameworks.get(ids.frameworkId)
  const executor = framework?.executors.get(ids.executorId)
  const task = executor?.tasks.get(ids.taskId)
  return framework === undefined || executor === undefined || task === undefined
    ? undefined
    : { framework, executor, task }
}

export function onLaunched(turn: Turn, launched: Launched): void {
  const place = placeOf(turn, launched.containerId)
  if (place === undefined) {
    turn.soon({ type: 'destroy', containerId: launched.containerId })
    return
  }
  const { framework, executor, task } = place
  const taskId = task?.info.task_id.value
  saveContainer(turn, framework, { ...launched, executorId: executor.id, taskId, ipAddress: launched.ipAddress })
  if (task === undefined) return onCustomLaunched(turn, executor, launched.pid)
  if (task.run?.type !== 'launching' || task.run.cancelled !== undefined) {
    turn.soon({ type: 'destroy', containerId: launched.containerId })
    return
  }
  task.pid = launched.pid
  task.ipAddress = launched.ipAddress
  if (executor.kind === 'command') {
    executor.pid = launched.pid
    executor.phase = { type: 'running' }
    saveExecutor(turn, framework, executor)
  }
  task.run = { type: 'running', startedAt: turn.now }
  announceRunning(turn, { framework, executor, task }, launched.dockerData)
  startCheckers(turn, task, turn.now)
  armMaxCompletion(turn, task, turn.now)
}

function announceRunning(turn: Turn, { framework, executor, task }: TaskPlace, data: Uint8Array | undefined): void {
  reportTask(turn, { framework, executor, task }, { state: 'TASK_STARTING' })
  const { check } = task.info
  reportTask(
    turn,
    { framework, executor, task },
    {
      state: 'TASK_RUNNING',
      data,
      check_status: check === undefined ? undefined : checkStatus(check, undefined),
    },
  )
}

export function armMaxCompletion(turn: Turn, task: Task, startedAt: number): void {
  const limit = task.info.max_completion_time
  if (limit === undefined) return
  const key = `max/${task.frameworkId}/${task.executorId}/${task.info.task_id.value}`
  // A clock that was set back since then leaves it no more than all of its time.
  turn.timer(key, Math.min(startedAt, turn.now) + millisOf(limit, 0))
}

export function onMaxCompletion(turn: Turn, place: TaskPlace): void {
  killTaskRun(turn, place, { cause: 'max-completion', graceMs: graceOf(turn, place, undefined) })
}

export function onLaunchFailed(turn: Turn, containerId: string, message: string): void {
  const place = placeOf(turn, containerId)
  if (place === undefined) return
  turn.state.counters.containerLaunchErrors++
  const { framework, executor, task } = place
  const text = `Failed to launch container: ${message}`
  if (executor.kind === 'custom') return onCustomLaunchFailed(turn, { framework, executor }, text)
  // The sandbox of a pod could not be made: none of its tasks can run.
  const tasks = task === undefined ? [...executor.tasks.values()] : [task]
  for (const failed of tasks) {
    if (failed.run?.type !== 'launching') continue
    endTask(
      turn,
      { framework, executor, task: failed },
      {
        state: 'TASK_FAILED',
        source: 'SOURCE_AGENT',
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message: text,
      },
    )
    killSiblings(turn, { framework, executor, task: failed })
  }
}

/** Only containers of custom executors grow and shrink; one that does not holds none of its tasks. */
export function onUpdateFailed(turn: Turn, containerId: string, message: string): void {
  const place = placeOf(turn, containerId)
  if (place?.executor.kind === 'custom') onCustomUpdateFailed(turn, place, message)
}

export function onEnded(turn: Turn, containerId: string, end: ContainerEnd): void {
  turn.soon({ type: 'destroy', containerId })
  const place = placeOf(turn, containerId)
  if (place === undefined) return
  const { framework, executor, task } = place
  if (task === undefined || executor.kind === 'custom') {
    if (executor.kind === 'custom') onCustomEnded(turn, { framework, executor }, end)
    return
  }
  const taskPlace = { framework, executor, task }
  endTask(turn, taskPlace, terminalChange(taskPlace, end))
  killSiblings(turn, taskPlace)
}

function terminalChange({ framework, task }: TaskPlace, end: ContainerEnd): StatusChange {
  const last = task.statuses.at(-1)
  const message = endMessage(task, end)
  const base = { message, check_status: last?.check_status }
  const { run } = task
  if (end.limitation !== undefined) {
    return { ...limitationCause(end.limitation), source: 'SOURCE_AGENT', check_status: last?.check_status }
  }
  if (run?.type === 'killing' && run.cause === 'preemption') return { ...preempted(framework), source: 'SOURCE_AGENT' }
  if (run?.type === 'killing' && run.cause === 'max-completion') {
    return { ...base, state: 'TASK_FAILED', reason: 'REASON_MAX_COMPLETION_TIME_REACHED', healthy: last?.healthy }
  }
  if (run?.type === 'killing') {
    return { ...base, state: 'TASK_KILLED', healthy: run.cause === 'health' ? false : last?.healthy }
  }
  return { ...base, state: end.exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED', healthy: last?.healthy }
}

/** The text of Mesos' own executors. */
function endMessage(task: Task, end: ContainerEnd): string {
  const subject = task.info.container?.type === 'DOCKER' ? 'Container' : 'Command'
  if (end.signal !== undefined) return `${subject} terminated with signal ${signalName(end.signal)}`
  if (end.exitCode === undefined) return end.message ?? `${subject} ended, its status is unknown`
  return `${subject} exited with status ${end.exitCode}`
}
