/** The end of a run: success with its children, failure with its retries, and what the job remembers of it. */
import { childrenOf } from '../graph/graph.ts'
import { parentsOf } from '../job/job.ts'
import type { Job } from '../job/job.ts'
import { runTimesMax } from '../limits.ts'
import { activeRunsOf, jobOfRun } from '../state.ts'
import type { JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { armJob } from './arm.ts'
import { createRun, dropRun, mayOverlap, revive } from './queue.ts'
import { nextAttempt } from './run.ts'

const isoText = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'millisecond' })

function endRun(turn: Turn, run: Run, state: 'succeeded' | 'failed' | 'killed'): void {
  run.state = state
  run.endedAt = turn.now
  turn.saveRun(run)
  turn.state.unknown.delete(run.id)
  for (const kind of ['doubt', 'unreachable', 'overtime']) turn.timer(`${kind}/${run.id}`, undefined)
  // What waited for the end of this run may start now; others get what it has freed as an offer.
  if (activeRunsOf(turn.state, run.job).some(isQueued)) revive(turn)
}

/** What a success changes in the job and its children; also for one marked by hand, that has no run. */
export function applySuccess(turn: Turn, record: JobRecord): void {
  const exhausts = !record.job.disabled && isExhausted(turn, record)
  record.job = {
    ...record.job,
    successCount: record.job.successCount + 1,
    errorsSinceLastSuccess: 0,
    lastSuccess: isoText(turn.now),
    disabled: record.job.disabled || exhausts,
  }
  if (exhausts) {
    const message = 'all of its repetitions have run, the last one with success'
    turn.notify({ about: 'disabled', job: record.job, message })
  }
  turn.saveJob(record)
  fireChildren(turn, record.job.name)
}

/** All of its repetitions are used up and none of them still runs; `R0` never had any. */
function isExhausted(turn: Turn, { job, left }: JobRecord): boolean {
  const { trigger } = job
  if (left !== 0 || trigger.type !== 'scheduled') return false
  if (trigger.schedule.type === 'iso' && trigger.schedule.repetitions === 0) return false
  return activeRunsOf(turn.state, job.name).every((run) => run.cause === 'manual')
}

/** A child fires when every parent has succeeded since it last started. */
function fireChildren(turn: Turn, parent: string): void {
  for (const child of childrenOf(turn.state, parent)) {
    const count = (child.edges[parent] ?? 0) + 1
    child.edges[parent] = count
    const least = Math.min(...parentsOf(child.job).map((name) => child.edges[name] ?? 0))
    const fires = count === least
    // A disabled child does not run, yet consumes what its parents did.
    if (fires && child.job.disabled) child.edges = {}
    turn.saveJob(child)
    if (!fires || child.job.disabled) continue
    const isWaiting = !mayOverlap(child.job) && activeRunsOf(turn.state, child.job.name).some(isQueued)
    if (!isWaiting) createRun(turn, { record: child, cause: 'parent', dueAt: turn.now })
  }
}

const isQueued = (run: Run): boolean => run.state === 'queued'

export function succeed(turn: Turn, run: Run): void {
  endRun(turn, run, 'succeeded')
  turn.count('success', { job: run.job, valueMs: Math.max(0, turn.now - run.dueAt) })
  const record = jobOfRun(turn.state, run)
  if (record === undefined) return
  record.runTimes = [...record.runTimes, Math.max(0, turn.now - run.dueAt)].slice(-runTimesMax)
  record.runCount++
  applySuccess(turn, record)
}

/** Neither retried nor counted: somebody wanted it to end. */
export function endKilled(turn: Turn, run: Run): void {
  endRun(turn, run, 'killed')
}

/** `mayRetry: false` for a task that would be refused again for the same reason. */
export function fail(turn: Turn, run: Run, { mayRetry }: { readonly mayRetry: boolean }): void {
  endRun(turn, run, 'failed')
  const record = jobOfRun(turn.state, run)
  if (record === undefined) return
  if (mayRetry && retries(turn, record, run)) return
  failFinally(turn, record, run)
}

function failFinally(turn: Turn, record: JobRecord, run: Run): void {
  turn.count('failure', { job: record.job.name })
  const errors = record.job.errorsSinceLastSuccess + 1
  const { disableAfterFailures } = turn.state.config
  record.job = {
    ...record.job,
    errorCount: record.job.errorCount + 1,
    errorsSinceLastSuccess: errors,
    lastError: isoText(turn.now),
  }
  const disables = disableAfterFailures > 0 && errors >= disableAfterFailures
  if (disables) disableJob(turn, record)
  turn.notify({ about: disables ? 'disabled' : 'failed', job: record.job, message: failureText(turn, record.job, run) })
  turn.saveJob(record)
  if (record.job.softError) fireChildren(turn, record.job.name)
}

const failureText = ({ now }: Turn, job: Job, run: Run): string =>
  [
    `${isoText(now)}: attempt ${run.retryCount + 1} of ${job.retries + 1} failed.`,
    `Failures since the last success: ${job.errorsSinceLastSuccess}.`,
    `Task: ${run.taskId}.`,
    ...(run.message === undefined ? [] : [run.message]),
  ].join(' ')

/** Nothing of it starts by itself any more; what was asked for by hand still does. */
export function disableJob(turn: Turn, record: JobRecord): void {
  record.job = { ...record.job, disabled: true }
  for (const run of activeRunsOf(turn.state, record.job.name)) {
    const waits = run.state === 'queued' || run.state === 'delayed'
    if (waits && run.cause !== 'manual') {
      dropRun(turn, run, { reason: 'disabled', message: 'its job was disabled before it could start' })
    }
  }
  turn.saveJob(record)
  armJob(turn, record)
}

/** The next occurrence starts, so the retry of an earlier one is pointless: that one has failed for good. */
export function supersedeRetries(turn: Turn, record: JobRecord, started: Run): void {
  if (started.cause !== 'schedule' && started.cause !== 'parent') return
  if (mayOverlap(record.job)) return
  for (const run of activeRunsOf(turn.state, record.job.name)) {
    if (run.cause !== 'retry' || (run.state !== 'delayed' && run.state !== 'queued')) continue
    dropRun(turn, run, { reason: 'superseded', message: 'the next occurrence of the job started before this retry' })
    failFinally(turn, record, run)
  }
}

function retries(turn: Turn, record: JobRecord, run: Run): boolean {
  const { config } = turn.state
  const { job } = record
  const { lastError, lastSuccess } = job
  const isGated = config.legacyRetryGate && lastError !== '' && lastSuccess < lastError
  if (run.retryCount >= job.retries || isGated) return false
  const startsAt = turn.now + retryDelay(job, { retryCount: run.retryCount, usualMs: config.failureRetryMs })
  createRun(turn, {
    record,
    cause: 'retry',
    dueAt: startsAt,
    startsAt,
    attempt: nextAttempt(run),
    retryCount: run.retryCount + 1,
    arguments: run.arguments,
  })
  turn.count('retry', { job: job.name })
  return true
}

type Delay = { readonly retryCount: number; readonly usualMs: number }

function retryDelay(job: Job, { retryCount, usualMs }: Delay): number {
  const { factor, maxMs } = job.retryBackoffMs
  return Math.min(maxMs, Math.round((job.retryDelayMs ?? usualMs) * factor ** retryCount))
}
