/**
 * Launches that nobody has. Whether one was lost on its way or began and was lost before anybody told of it cannot be
 * known, so its task id is never used again: the run is launched under the next attempt's, a few times without costing
 * a retry. A job without retries is never launched again: it may have run.
 */
import type { mesos } from '@thermosphere/protocol'
import { unconfirmedLaunchesMax } from '../limits.ts'
import { jobOfRun } from '../state.ts'
import type { Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endKilled, fail } from './outcome.ts'
import { requeue } from './queue.ts'
import { nextAttempt } from './run.ts'
import type { UnconfirmedLaunch } from './run.ts'
import { taskIdOf } from './task-id.ts'

const disownedStates: ReadonlySet<mesos.TaskState> = new Set(['TASK_LOST', 'TASK_DROPPED', 'TASK_GONE'])

/** A task that was told to start or run and is gone is a lost one; TASK_STAGING only tells that the master knew it. */
export function isDisowned(run: Run, { state, reason }: mesos.TaskStatus): boolean {
  const isUnconfirmed = run.taskState === undefined || run.taskState === 'TASK_STAGING'
  return run.state === 'launching' && isUnconfirmed && disownedStates.has(state) && reason === 'REASON_RECONCILIATION'
}

export function onDisowned(turn: Turn, run: Run, { state, reason }: mesos.TaskStatus): void {
  if (run.killRequested === true) return endKilled(turn, run)
  const attempt = nextAttempt(run)
  const retries = jobOfRun(turn.state, run)?.job.retries ?? 0
  const mayRepeat = retries > 0 && attempt - run.retryCount <= unconfirmedLaunchesMax
  // A retry of another run may have that id: then this one is retried, which finds a free one.
  const taskId = taskIdOf({ ...run, attempt })
  if (mayRepeat && !turn.state.runs.byTask.has(taskId)) return launchAgain(turn, run, { attempt, taskId })
  run.taskState = state
  if (reason !== undefined) run.reason = reason
  run.message = 'nobody has its task, and nobody knows whether it began'
  fail(turn, run, { mayRetry: true })
}

function launchAgain(turn: Turn, run: Run, next: Pick<Run, 'attempt' | 'taskId'>): void {
  run.unconfirmed = [...(run.unconfirmed ?? []), launchOf(run, turn)]
  for (const field of ['taskState', 'reason', 'message'] as const) delete run[field]
  Object.assign(run, next)
  requeue(turn, run)
}

const launchOf = ({ taskId, attempt, launchedAt, agentId, agentHostname }: Run, { now }: Turn): UnconfirmedLaunch => ({
  taskId,
  attempt,
  launchedAt: launchedAt ?? now,
  ...(agentId !== undefined && { agentId }),
  ...(agentHostname !== undefined && { agentHostname }),
})

/** A launch that was given up has taken place, and no other was made since: it is the run's again. */
export function takeBack(turn: Turn, run: Run, taskId: string): boolean {
  const launch = run.unconfirmed?.find((one) => one.taskId === taskId)
  if (run.state !== 'queued' || launch === undefined) return false
  const others = run.unconfirmed?.filter((one) => one !== launch) ?? []
  turn.state.runs.byTask.delete(run.taskId)
  Object.assign(run, launch)
  if (others.length > 0) run.unconfirmed = others
  else delete run.unconfirmed
  adopt(turn, run)
  return true
}

/** A launch that was believed lost has taken place. */
export function adopt(turn: Turn, run: Run): void {
  run.state = 'launching'
  run.launchedAt ??= turn.now
  turn.timer(`start/${run.id}`, undefined)
  turn.timer(`expire/${run.id}`, undefined)
}
