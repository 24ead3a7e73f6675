/** The end of a run: success with its children, failure with its retries, and what the job remembers of it. */
import { childrenOf } from '../graph/graph.ts'
import { parentsOf } from '../job/job.ts'
import { runTimesMax } from '../limits.ts'
import type { JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { armJob } from './due.ts'
import { createRun, revive } from './queue.ts'

const isoText = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'millisecond' })

function endRun(turn: Turn, run: Run, state: 'succeeded' | 'failed' | 'killed'): void {
  run.state = state
  run.endedAt = turn.now
  turn.saveRun(run)
  // What waited for the end of this run may start now.
  revive(turn)
}

/** What a success changes in the job and its children; also for one marked by hand, that has no run. */
export function applySuccess(turn: Turn, record: JobRecord): void {
  record.job = {
    ...record.job,
    successCount: record.job.successCount + 1,
    errorsSinceLastSuccess: 0,
    lastSuccess: isoText(turn.now),
  }
  if (record.left === 0 && record.job.trigger.type === 'scheduled' && !record.job.disabled) {
    record.job = { ...record.job, disabled: true }
    armJob(turn, record)
  }
  turn.saveJob(record)
  fireChildren(turn, record.job.name)
}

/** A child fires when every parent has succeeded since it last started. */
function fireChildren(turn: Turn, parent: string): void {
  for (const child of childrenOf(turn.state.jobs, parent)) {
    const count = (child.edges[parent] ?? 0) + 1
    child.edges[parent] = count
    turn.saveJob(child)
    const least = Math.min(...parentsOf(child.job).map((name) => child.edges[name] ?? 0))
    if (count !== least || child.job.disabled) continue
    const isWaiting = [...turn.state.active.values()].some(
      ({ job, state }) => job === child.job.name && state === 'queued',
    )
    if (!isWaiting) createRun(turn, { record: child, cause: 'parent', dueAt: turn.now })
  }
}

export function succeed(turn: Turn, run: Run): void {
  endRun(turn, run, 'succeeded')
  turn.count('success', { job: run.job, valueMs: turn.now - run.dueAt })
  const record = turn.state.jobs.get(run.job)
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
  const record = turn.state.jobs.get(run.job)
  if (record === undefined) return
  if (mayRetry && retries(turn, record, run)) return
  turn.count('failure', { job: run.job })
  const errors = record.job.errorsSinceLastSuccess + 1
  const { disableAfterFailures } = turn.state.config
  const disables = disableAfterFailures > 0 && errors >= disableAfterFailures
  record.job = {
    ...record.job,
    errorCount: record.job.errorCount + 1,
    errorsSinceLastSuccess: errors,
    lastError: isoText(turn.now),
    disabled: record.job.disabled || disables,
  }
  if (disables) armJob(turn, record)
  turn.saveJob(record)
  if (record.job.softError) fireChildren(turn, record.job.name)
}

function retries(turn: Turn, record: JobRecord, run: Run): boolean {
  const { config } = turn.state
  const { job } = record
  const { lastError, lastSuccess } = job
  const isGated = config.legacyRetryGate && lastError !== '' && lastSuccess < lastError
  if (run.attempt >= job.retries || isGated) return false
  const startsAt = turn.now + (job.retryDelayMs ?? config.failureRetryMs)
  createRun(turn, {
    record,
    cause: 'retry',
    dueAt: startsAt,
    startsAt,
    attempt: run.attempt + 1,
    arguments: run.arguments,
  })
  turn.count('retry', { job: job.name })
  return true
}
