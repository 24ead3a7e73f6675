/** Runs that wait for resources: who gets in, who is passed over, in which order. */
import type { Millis } from '@thermosphere/effects'
import type { Job } from '../job/job.ts'
import { reviveBurstMax } from '../limits.ts'
import { activeRunsOf, isLaunched } from '../state.ts'
import type { Cause, ChronosState, JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { taskIdOf } from './task-id.ts'

export type NewRun = {
  readonly record: JobRecord
  readonly cause: Cause
  readonly dueAt: Millis
  readonly attempt?: number
  readonly retryCount?: number
  readonly arguments?: readonly string[]
  readonly expiresAt?: Millis
  /** Queued only then: the retry of a failed run. */
  readonly startsAt?: Millis
}

/** Two runs of a job must not share a task id: a later one gets the next free millisecond. */
function freeTaskId(state: ChronosState, parts: Parameters<typeof taskIdOf>[0]): { taskId: string; dueAt: Millis } {
  for (let dueAt = parts.dueAt; ; dueAt++) {
    const taskId = taskIdOf({ ...parts, dueAt })
    if (!state.runs.byTask.has(taskId)) return { taskId, dueAt }
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
    retryCount: wanted.retryCount ?? 0,
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
  revive(turn)
  return run
}

/** A launch that did not take place is made again. */
export function requeue(turn: Turn, run: Run): void {
  run.state = 'queued'
  for (const field of ['launchedAt', 'agentId', 'agentHostname', 'askedAt'] as const) delete run[field]
  turn.saveRun(run)
  if (run.expiresAt !== undefined) turn.timer(`expire/${run.id}`, run.expiresAt)
  revive(turn)
}

export type Why = { readonly reason: string; readonly message: string }

/** A run that must not start any more is written down with its reason. */
export function dropRun(turn: Turn, run: Run, { reason, message }: Why): void {
  endUnstarted(turn, run, { state: 'dropped', reason, message })
}

function endUnstarted(turn: Turn, run: Run, end: Why & { readonly state: 'dropped' | 'missed' }): void {
  Object.assign(run, end, { endedAt: turn.now })
  turn.saveRun(run)
  turn.timer(`start/${run.id}`, undefined)
  turn.timer(`expire/${run.id}`, undefined)
}

/** Its window (epsilon) has closed while it waited: an occurrence that never ran. */
export function expireRun(turn: Turn, run: Run): void {
  if (run.state !== 'queued') return
  // The clock was set back while it waited: its window is open again.
  if (run.expiresAt !== undefined && run.expiresAt > turn.now) return turn.timer(`expire/${run.id}`, run.expiresAt)
  const blocked = blockedBy(turn.state, run)
  const reason = blocked === undefined ? 'no-resources' : 'overlap'
  const why = blocked ?? run.waitsFor ?? 'no offer has come'
  const again = run.unconfirmed === undefined ? '' : ' again, after a launch that was never confirmed,'
  endUnstarted(turn, run, { state: 'missed', reason, message: `it could not start${again} within epsilon: ${why}` })
  turn.count('missed', { job: run.job })
}

const byUrgency = (a: Run, b: Run): number =>
  Number(b.highPriority) - Number(a.highPriority) ||
  a.queuedAt - b.queuedAt ||
  a.dueAt - b.dueAt ||
  (a.job < b.job ? -1 : Number(a.job > b.job))

/** Queued runs, the most urgent first. */
export const queuedRuns = (state: ChronosState): Run[] => [...state.runs.queued].sort(byUrgency)

export const mayOverlap = (job: Job): boolean => job.concurrent || job.overlapPolicy === 'allow'

/** Why a queued run may not start now although resources may be there; undefined: it may. */
export function blockedBy(state: ChronosState, run: Run): string | undefined {
  const record = state.jobs.get(run.job)
  if (record === undefined) return 'its job was deleted'
  const running = mayOverlap(record.job) ? undefined : activeRunsOf(state, run.job).find(isLaunched)
  return running === undefined ? undefined : `an earlier run (${running.taskId}) has not ended`
}

/**
 * Asks for offers again while something is queued: at most every so often on average, and always when they were
 * suppressed. A few may follow each other at once, so that a run that fits nowhere delays no other.
 */
export function revive(turn: Turn): void {
  const { state, now } = turn
  if (!state.isConnected || state.phase !== 'scheduling' || state.runs.queued.size === 0) return
  const intervalMs = state.config.reviveIntervalMinMs
  // A clock that was set back has passed no time yet.
  const since = Math.min(now, state.reviveCredit.at)
  const earned = intervalMs === 0 ? reviveBurstMax : (now - since) / intervalMs
  const credit = Math.min(reviveBurstMax, state.reviveCredit.count + earned)
  if (!state.isSuppressed && credit < 1) {
    state.reviveCredit = { count: credit, at: now }
    return turn.timer('revive', now + Math.ceil((1 - credit) * intervalMs))
  }
  state.reviveCredit = { count: Math.max(0, credit - 1), at: now }
  state.isSuppressed = false
  turn.count('revive')
  turn.call({ type: 'REVIVE' })
}

export function suppressWhenIdle(turn: Turn): void {
  const { state } = turn
  if (state.isSuppressed || state.runs.queued.size > 0) return
  state.isSuppressed = true
  turn.call({ type: 'SUPPRESS' })
}
