/** Runs that wait for resources: who gets in, who is passed over, in which order. */
import type { Millis } from '@thermosphere/effects'
import { isLaunched, activeRunsOf } from '../state.ts'
import type { Cause, ChronosState, JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { taskIdOf } from './task-id.ts'

export type NewRun = {
  readonly record: JobRecord
  readonly cause: Cause
  readonly dueAt: Millis
  readonly attempt?: number
  readonly arguments?: readonly string[]
  readonly expiresAt?: Millis
  /** Queued only then: the retry of a failed run. */
  readonly startsAt?: Millis
}

/** Two runs of a job must not share a task id: a later one gets the next free millisecond. */
function freeTaskId(state: ChronosState, parts: Parameters<typeof taskIdOf>[0]): { taskId: string; dueAt: Millis } {
  for (let dueAt = parts.dueAt; ; dueAt++) {
    const taskId = taskIdOf({ ...parts, dueAt })
    if (!state.byTask.has(taskId)) return { taskId, dueAt }
  }
}

export function createRun(turn: Turn, wanted: NewRun): Run {
  const { state, now } = turn
  const { job } = wanted.record
  const attempt = wanted.attempt ?? 0
  const list = wanted.arguments ?? job.arguments
  const { taskId, dueAt } = freeTaskId(state, { dueAt: wanted.dueAt, attempt, job: job.name, arguments: list })
  const run: Run = {
    id: state.random.uuid(),
    job: job.name,
    cause: wanted.cause,
    dueAt,
    attempt,
    arguments: list,
    taskId,
    queuedAt: now,
    highPriority: job.highPriority,
    expiresAt: wanted.expiresAt,
    state: wanted.startsAt === undefined ? 'queued' : 'delayed',
    ...(wanted.startsAt !== undefined && { startsAt: wanted.startsAt }),
  }
  turn.saveRun(run)
  if (wanted.startsAt !== undefined) turn.timer(`start/${run.id}`, wanted.startsAt)
  if (wanted.expiresAt !== undefined) turn.timer(`expire/${run.id}`, wanted.expiresAt)
  if (wanted.startsAt === undefined) revive(turn)
  return run
}

/** A run that must not start any more is written down with its reason. */
export function dropRun(turn: Turn, run: Run, why: { readonly reason: string; readonly message: string }): void {
  run.state = 'dropped'
  run.reason = why.reason
  run.message = why.message
  run.endedAt = turn.now
  turn.saveRun(run)
  turn.timer(`start/${run.id}`, undefined)
  turn.timer(`expire/${run.id}`, undefined)
}

const byUrgency = (a: Run, b: Run): number =>
  Number(b.highPriority) - Number(a.highPriority) ||
  a.queuedAt - b.queuedAt ||
  a.dueAt - b.dueAt ||
  (a.job < b.job ? -1 : 1)

/** Queued runs, the most urgent first. */
export const queuedRuns = (state: ChronosState): Run[] =>
  [...state.active.values()].filter((run) => run.state === 'queued').sort(byUrgency)

/** Why a queued run may not start now although resources may be there; undefined: it may. */
export function blockedBy(state: ChronosState, run: Run): string | undefined {
  const record = state.jobs.get(run.job)
  if (record === undefined) return 'its job was deleted'
  const mayOverlap = record.job.concurrent || record.job.overlapPolicy === 'allow'
  const running = mayOverlap ? undefined : activeRunsOf(state, run.job).find(isLaunched)
  return running === undefined ? undefined : `an earlier run (${running.taskId}) has not ended`
}

/** Asks for offers again, at most every so often unless they were suppressed. */
export function revive(turn: Turn): void {
  const { state, now } = turn
  if (!state.isConnected || state.phase !== 'scheduling') return
  const nextAt = state.revivedAt + state.config.reviveIntervalMinMs
  if (!state.isSuppressed && now < nextAt) return turn.timer('revive', nextAt)
  state.isSuppressed = false
  state.revivedAt = now
  turn.call({ type: 'REVIVE' })
}

export function suppressWhenIdle(turn: Turn): void {
  const { state } = turn
  if (state.isSuppressed || queuedRuns(state).length > 0) return
  state.isSuppressed = true
  turn.call({ type: 'SUPPRESS' })
}
