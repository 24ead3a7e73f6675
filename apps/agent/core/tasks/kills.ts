import type { mesos } from '@thermosphere/protocol'
import { saveKill } from '../checkpoint/checkpoint.ts'
import { stopCheckers } from './checkers.ts'
import { deliverKill, killQueued } from '../executors/custom-executors.ts'
import { millisOf } from '../ids.ts'
import { endTask } from './task-end.ts'
import type { Executor, KillCause, Task, TaskPlace } from '../state.ts'
import { reportTask, reportUnknownTask } from './statuses.ts'
import { droppedState, hasCapability, isTerminal, preempted } from './task-states.ts'
import type { Turn } from '../turn.ts'

/** Mesos' grace of the command and default executors; Docker tasks get the executor's shutdown grace. */
const KILL_GRACE_MS = 3000

export function killTask(
  turn: Turn,
  request: { readonly frameworkId: string; readonly taskId: string; readonly policy: mesos.KillPolicy | undefined },
): void {
  const framework = turn.state.frameworks.get(request.frameworkId)
  if (framework === undefined) return
  for (const executor of framework.executors.values()) {
    if (killQueued(turn, { framework, executor }, request.taskId)) return
    const task = executor.tasks.get(request.taskId)
    if (task === undefined) continue
    const place = { framework, executor, task }
    if (executor.kind === 'custom') deliverKill(turn, place, request.policy)
    else killTaskRun(turn, place, { cause: 'request', graceMs: graceOf(turn, place, request.policy) })
    return
  }
  // The end of a task that waits for its acknowledgement answers the kill by itself.
  if (framework.streams.get(request.taskId)?.ended === true) return
  reportUnknownTask(turn, framework, {
    ids: { taskId: request.taskId, executorId: undefined },
    change: {
      state: droppedState(framework),
      reason: 'REASON_EXECUTOR_TERMINATED',
      message: 'Cannot find executor',
    },
  })
}

export function graceOf(turn: Turn, place: TaskPlace, override: mesos.KillPolicy | undefined): number {
  const isDocker = place.task.info.container?.type === 'DOCKER'
  const fallback = isDocker ? turn.state.config.executorShutdownGraceMs : KILL_GRACE_MS
  return millisOf(override?.grace_period ?? place.task.info.kill_policy?.grace_period, fallback)
}

export type Kill = { readonly cause: KillCause; readonly graceMs: number }

/** SIGTERM now and SIGKILL after the grace, in whatever state the task is. */
export function killTaskRun(turn: Turn, place: TaskPlace, kill: Kill): void {
  const { run } = place.task
  if (run === undefined || isTerminal(place.task.state)) return
  switch (run.type) {
    case 'launching':
      return cancelLaunch(turn, place, kill)
    case 'running':
      return beginKill(turn, place, { ...kill, startedAt: run.startedAt })
    case 'killing':
      return shortenKill(turn, place, kill)
    case 'ended':
  }
}

function cancelLaunch(turn: Turn, place: TaskPlace, kill: Kill): void {
  const { framework, executor, task } = place
  if (task.run?.type !== 'launching' || task.run.cancelled !== undefined) return
  const message =
    task.groupId === undefined
      ? 'Killed before delivery to the executor'
      : 'A task within the task group was killed before delivery to the executor'
  for (const member of groupOf(executor, task)) {
    if (member.run?.type === 'running')
      beginKill(turn, { framework, executor, task: member }, { ...kill, startedAt: member.run.startedAt })
    if (member.run?.type !== 'launching') continue
    member.run.cancelled = kill.cause
    if (member.containerId !== undefined) turn.durable({ type: 'destroy', containerId: member.containerId })
    endTask(
      turn,
      { framework, executor, task: member },
      {
        state: 'TASK_KILLED',
        source: 'SOURCE_AGENT',
        reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
        message,
      },
    )
  }
}

function beginKill(turn: Turn, place: TaskPlace, kill: Kill & { readonly startedAt: number }): void {
  const { framework, executor, task } = place
  task.run = { type: 'killing', ...kill, since: turn.now, escalated: false }
  stopCheckers(turn, task)
  saveKill(turn, framework, task)
  if (kill.cause !== 'max-completion' && hasCapability(framework, 'TASK_KILLING_STATE')) {
    const healthy = kill.cause === 'health' ? false : task.statuses.at(-1)?.healthy
    reportTask(turn, { framework, executor, task }, { state: 'TASK_KILLING', healthy })
  }
  signal(turn, task, 'SIGTERM')
  turn.timer(killTimerKey(task), turn.now + kill.graceMs)
}

/** Later kills of a command task may only shorten the grace, measured from the first; a pod's tasks ignore them. */
function shortenKill(turn: Turn, { framework, executor, task }: TaskPlace, kill: Kill): void {
  if (task.run?.type !== 'killing' || task.run.escalated || executor.kind === 'group') return
  if (kill.graceMs >= task.run.graceMs) return
  task.run.graceMs = kill.graceMs
  saveKill(turn, framework, task)
  armEscalation(turn, task)
}

/** The grace counts from the first signal; a clock that was set back since then makes it no longer than a whole one. */
export function armEscalation(turn: Turn, task: Task): void {
  if (task.run?.type !== 'killing') return
  const since = Math.min(task.run.since, turn.now)
  turn.timer(killTimerKey(task), Math.max(turn.now, since + task.run.graceMs))
}

/** The grace is over. Repeated until the container has ended, should a signal get lost. */
export function escalateKill(turn: Turn, { task }: TaskPlace): void {
  if (task.run?.type !== 'killing') return
  task.run.escalated = true
  signal(turn, task, 'SIGKILL')
  turn.timer(killTimerKey(task), turn.now + 1000)
}

/** Ends a task at once, in whatever state it is; framework and task are not asked. */
export function preemptTaskRun(turn: Turn, place: TaskPlace): void {
  const { framework, task } = place
  const { run, containerId } = task
  if (run === undefined || run.type === 'ended') return
  if (run.type === 'launching') {
    run.cancelled = 'preemption'
    if (containerId !== undefined) turn.durable({ type: 'destroy', containerId })
    return endTask(turn, place, { ...preempted(framework), source: 'SOURCE_AGENT' })
  }
  const { startedAt } = run
  task.run = { type: 'killing', cause: 'preemption', startedAt, since: turn.now, graceMs: 0, escalated: false }
  stopCheckers(turn, task)
  saveKill(turn, framework, task)
  escalateKill(turn, place)
}

export function killTimerKey(task: Task): string {
  return `kill/${task.frameworkId}/${task.executorId}/${task.info.task_id.value}`
}

function signal(turn: Turn, task: Task, name: 'SIGTERM' | 'SIGKILL'): void {
  if (task.containerId !== undefined) turn.soon({ type: 'signal', containerId: task.containerId, signal: name })
}

/** The task and, in a pod, the members of its group. */
export function groupOf(executor: Executor, task: Task): Task[] {
  if (task.groupId === undefined) return [task]
  return [...executor.tasks.values()].filter((other) => other.groupId === task.groupId)
}

/** One member of a group failed or was killed: the others go as well. */
export function killSiblings(turn: Turn, { framework, executor, task }: TaskPlace): void {
  if (task.state !== 'TASK_FAILED' && task.state !== 'TASK_KILLED') return
  for (const sibling of groupOf(executor, task)) {
    const place = { framework, executor, task: sibling }
    if (sibling !== task) killTaskRun(turn, place, { cause: 'group', graceMs: graceOf(turn, place, undefined) })
  }
}
