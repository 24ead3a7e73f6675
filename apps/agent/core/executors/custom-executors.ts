import type { executor as wire, mesos } from '@thermosphere/protocol'
import { saveExecutor } from '../checkpoint/checkpoint.ts'
import { completeExecutorIfDone, settleTask } from './completion.ts'
import { reconnectTimerKey, refuseGroup } from './drivers.ts'
import { durationText, millisOf } from '../ids.ts'
import type { ContainerEnd } from '../inputs.ts'
import { customLimits } from '../plans/plans.ts'
import type { Executor, ExecutorPlace, Framework, Queued, TaskPlace, TerminalCause } from '../state.ts'
import { reportTask } from '../tasks/statuses.ts'
import { goneState, isTerminal, limitationCause } from '../tasks/task-states.ts'
import { sendExecutorExited, UNKNOWN_STATUS } from '../tasks/task-end.ts'
import type { Turn } from '../turn.ts'

/** Executors that are processes of the framework: launched, spoken to over the executor API, mourned. */

export function registrationTimerKey(executor: Executor): string {
  return `register/${executor.frameworkId}/${executor.id}`
}

/** One that was to end before it was launched: what should have destroyed it came before there was a container. */
export function onCustomLaunched(turn: Turn, executor: Executor, pid: number): void {
  executor.pid = pid
  if (executor.phase.type === 'terminating') turn.soon({ type: 'destroy', containerId: executor.containerId })
}

/** Nothing overtakes a launch that is still being written down. */
export function tellExecutor(turn: Turn, { connectionId }: Executor, event: wire.Event): void {
  if (connectionId !== undefined) turn.durable({ type: 'executor-event', connectionId, event })
}

/** Hands queued tasks over to a subscribed executor, after its container has grown to hold them. */
export function deliverQueued(turn: Turn, framework: Framework, executor: Executor): void {
  if (executor.connectionId === undefined || executor.queued.length === 0) return
  turn.soon({ type: 'update-limits', containerId: executor.containerId, limits: customLimits(executor) })
  for (const queued of executor.queued.splice(0)) {
    if (queued.isGroup && executor.driverPid !== undefined) refuseGroup(turn, { framework, executor }, queued)
    else deliver(turn, executor, queued)
  }
  saveExecutor(turn, framework, executor)
}

function deliver(turn: Turn, executor: Executor, { tasks, isGroup }: Queued): void {
  executor.hasReceivedTask = true
  for (const task of tasks) executor.tasks.set(task.info.task_id.value, task)
  const infos = tasks.map((task) => task.info)
  if (isGroup) {
    tellExecutor(turn, executor, { type: 'LAUNCH_GROUP', launch_group: { task_group: { tasks: infos } } })
    return
  }
  for (const task of infos) tellExecutor(turn, executor, { type: 'LAUNCH', launch: { task } })
}

/** A task that was not delivered yet dies here, with its group. */
export function killQueued(turn: Turn, { framework, executor }: ExecutorPlace, taskId: string): boolean {
  const queued = executor.queued.find(({ tasks }) => tasks.some((task) => task.info.task_id.value === taskId))
  if (queued === undefined) return false
  executor.queued = executor.queued.filter((other) => other !== queued)
  for (const task of queued.tasks) {
    executor.tasks.set(task.info.task_id.value, task)
    reportTask(
      turn,
      { framework, executor, task },
      {
        state: 'TASK_KILLED',
        source: 'SOURCE_AGENT',
        reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
        message: queued.isGroup
          ? 'A task within the task group was killed before delivery to the executor'
          : 'Killed before delivery to the executor',
      },
    )
  }
  const isUnused = !executor.hasReceivedTask && executor.queued.length === 0
  if (isUnused && executor.phase.type === 'running') shutDownCustom(turn, executor)
  return true
}

export function deliverKill(turn: Turn, { executor, task }: TaskPlace, policy: mesos.KillPolicy | undefined): void {
  if (executor.phase.type !== 'running') return
  const killPolicy = policy ?? task.info.kill_policy
  tellExecutor(turn, executor, {
    type: 'KILL',
    kill: { task_id: task.info.task_id, ...(killPolicy === undefined ? {} : { kill_policy: killPolicy }) },
  })
}

/** SHUTDOWN, and the container is destroyed when the grace is over. */
export function shutDownCustom(turn: Turn, executor: Executor): void {
  if (executor.phase.type === 'terminating' || executor.phase.type === 'terminated') return
  const wasRunning = executor.phase.type === 'running'
  executor.phase = { type: 'terminating', owed: undefined }
  turn.timer(registrationTimerKey(executor), undefined)
  tellExecutor(turn, executor, { type: 'SHUTDOWN' })
  const graceMs = millisOf(executor.info.shutdown_grace_period, turn.state.config.executorShutdownGraceMs)
  turn.timer(shutdownTimerKey(executor), wasRunning ? turn.now + graceMs : turn.now)
}

export function shutdownTimerKey(executor: Executor): string {
  return `shutdown/${executor.frameworkId}/${executor.id}`
}

export function onShutdownTimer(turn: Turn, executor: Executor): void {
  turn.soon({ type: 'destroy', containerId: executor.containerId })
}

export function onRegistrationTimer(turn: Turn, executor: Executor): void {
  if (executor.phase.type !== 'registering') return
  destroyBecause(turn, executor, {
    state: 'TASK_FAILED',
    reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
    message: `Executor did not register within ${durationText(turn.state.config.executorRegistrationTimeoutMs)}`,
  })
}

/** After an agent restart: the executor did not come back in time. */
export function onReregistrationTimer(turn: Turn, framework: Framework, executor: Executor): void {
  if (!executor.recovering) return
  executor.recovering = false
  destroyBecause(turn, executor, {
    state: goneState(framework),
    reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
    message: `Executor did not reregister within ${durationText(turn.state.config.executorReregistrationTimeoutMs)}`,
  })
}

export function onCustomUpdateFailed(turn: Turn, { framework, executor }: ExecutorPlace, message: string): void {
  if (executor.phase.type !== 'registering' && executor.phase.type !== 'running') return
  destroyBecause(turn, executor, {
    state: goneState(framework),
    reason: 'REASON_CONTAINER_UPDATE_FAILED',
    message: `Failed to update resources for container: ${message}`,
  })
}

export function destroyBecause(turn: Turn, executor: Executor, owed: TerminalCause): void {
  executor.phase = { type: 'terminating', owed }
  turn.soon({ type: 'destroy', containerId: executor.containerId })
}

export function onCustomLaunchFailed(turn: Turn, { framework, executor }: ExecutorPlace, message: string): void {
  const owed: TerminalCause = { state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message }
  if (executor.phase.type !== 'terminating') executor.phase = { type: 'terminating', owed }
  onCustomEnded(turn, { framework, executor }, {})
}

/** The process has ended: whatever was live is reported, and the master is told. */
export function onCustomEnded(turn: Turn, { framework, executor }: ExecutorPlace, end: ContainerEnd): void {
  if (executor.phase.type === 'terminated') return
  const cause = causeOf(executor, end)
  executor.phase = { type: 'terminated' }
  executor.recovering = false
  turn.state.counters.executorsTerminated++
  turn.timer(registrationTimerKey(executor), undefined)
  turn.timer(shutdownTimerKey(executor), undefined)
  turn.timer(reconnectTimerKey(executor), undefined)
  if (executor.connectionId !== undefined) turn.durable({ type: 'executor-close', connectionId: executor.connectionId })
  executor.connectionId = undefined
  for (const { tasks } of executor.queued.splice(0)) {
    for (const task of tasks) executor.tasks.set(task.info.task_id.value, task)
  }
  for (const task of [...executor.tasks.values()]) {
    if (isTerminal(task.state)) continue
    reportTask(turn, { framework, executor, task }, { ...cause, source: 'SOURCE_AGENT' })
    if (framework.terminating) settleTask(turn, { framework, executor, task })
  }
  sendExecutorExited(turn, executor, waitStatus(end))
  completeExecutorIfDone(turn, framework, executor)
}

function causeOf(executor: Executor, end: ContainerEnd): TerminalCause {
  if (end.limitation !== undefined) return limitationCause(end.limitation)
  if (executor.phase.type === 'terminating' && executor.phase.owed !== undefined) return executor.phase.owed
  return { state: 'TASK_FAILED', reason: 'REASON_EXECUTOR_TERMINATED', message: end.message ?? 'Executor terminated' }
}

/** As wait(2) reports it. */
function waitStatus(end: ContainerEnd): number {
  if (end.signal !== undefined) return end.signal
  return end.exitCode === undefined ? UNKNOWN_STATUS : end.exitCode << 8
}
