/**
 * What happens when the nominal time of a job is reached. Without epsilon any number of missed occurrences become one
 * run, however late (Chronos 3); with epsilon each one either starts within its window or is written down as missed.
 */
import type { Millis } from '@thermosphere/effects'
import { missedRecordsMax } from '../limits.ts'
import { cursorAfter, nextCursor } from '../schedule/schedule.ts'
import type { Cursor } from '../schedule/schedule.ts'
import { activeRunsOf, isLaunched } from '../state.ts'
import type { JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { createRun } from './queue.ts'

export const jobTimer = (name: string): string => `job/${name}`

/** Arms the timer for the job's next nominal time, or cancels it when nothing is to come. */
export function armJob(turn: Turn, record: JobRecord): void {
  const { job, cursor, left } = record
  const isIdle = job.trigger.type !== 'scheduled' || job.disabled || left === 0 || turn.state.phase !== 'scheduling'
  turn.timer(jobTimer(job.name), isIdle ? undefined : cursor.at)
}

export function onJobDue(turn: Turn, name: string): void {
  const record = turn.state.jobs.get(name)
  if (record === undefined || turn.state.phase !== 'scheduling') return
  const { job, cursor, left } = record
  if (job.trigger.type !== 'scheduled' || job.disabled || left === 0) return
  if (cursor.at === undefined || cursor.at > turn.now) return armJob(turn, record)
  if (job.trigger.epsilonMs === undefined) dueWithoutEpsilon(turn, record, cursor.at)
  else dueWithEpsilon(turn, record, job.trigger.epsilonMs)
  turn.saveJob(record)
  armJob(turn, record)
}

/** One run stands for all occurrences until now and takes one repetition. */
function dueWithoutEpsilon(turn: Turn, record: JobRecord, first: Millis): void {
  const { job } = record
  if (job.trigger.type !== 'scheduled') return
  const last = lastUntil(record, turn.now)
  const runs = activeRunsOf(turn.state, job.name)
  const waiting = runs.find((run) => run.state === 'queued' && run.cause === 'schedule')
  const others = last.passed + (waiting === undefined ? 0 : 1)
  if (others > 0) recordMissed(turn, record, { at: first, reason: 'coalesced', occurrences: others })
  record.cursor = cursorAfter(job.trigger.schedule, record.cursor, turn.now)
  if (waiting !== undefined) return
  consume(record)
  if (skipsOverlap(record, runs)) return recordMissed(turn, record, { at: last.at, reason: 'overlap', occurrences: 1 })
  replaceRetries(turn, record)
  createRun(turn, { record, cause: 'schedule', dueAt: last.at })
}

/** The last nominal time until now, and how many lie before it. */
function lastUntil(record: JobRecord, now: Millis): { readonly at: Millis; readonly passed: number } {
  const { trigger } = record.job
  const { cursor } = record
  if (trigger.type !== 'scheduled' || cursor.at === undefined) return { at: now, passed: 0 }
  const next = cursorAfter(trigger.schedule, cursor, now)
  // Cron does not count the times it skips; one record stands for however many there were.
  if (trigger.schedule.type === 'cron') return lastCron(record, now)
  const passed = next.index - cursor.index - 1
  let last: Cursor = cursor
  if (passed > 0) last = jump(record, next.index - 1)
  return { at: last.at ?? cursor.at, passed }
}

const jump = (record: JobRecord, index: number): Cursor => {
  const { trigger } = record.job
  if (trigger.type !== 'scheduled') return record.cursor
  return nextCursor(trigger.schedule, { index: index - 1, at: record.cursor.at })
}

function lastCron(record: JobRecord, now: Millis): { readonly at: Millis; readonly passed: number } {
  const { trigger } = record.job
  let last = record.cursor
  let passed = 0
  for (; trigger.type === 'scheduled' && passed < missedRecordsMax; passed++) {
    const next = nextCursor(trigger.schedule, last)
    if (next.at === undefined || next.at > now) break
    last = next
  }
  return { at: last.at ?? now, passed }
}

/** Each occurrence takes a repetition: queued when its window is open, missed when it has closed. */
function dueWithEpsilon(turn: Turn, record: JobRecord, epsilonMs: Millis): void {
  const { trigger } = record.job
  if (trigger.type !== 'scheduled') return
  skipClosedWindows(turn, record, epsilonMs)
  while (record.cursor.at !== undefined && record.cursor.at <= turn.now && record.left !== 0) {
    const at = record.cursor.at
    record.cursor = nextCursor(trigger.schedule, record.cursor)
    consume(record)
    const runs = activeRunsOf(turn.state, record.job.name)
    if (skipsOverlap(record, runs)) {
      recordMissed(turn, record, { at, reason: 'overlap', occurrences: 1 })
      continue
    }
    replaceRetries(turn, record)
    createRun(turn, { record, cause: 'schedule', dueAt: at, expiresAt: at + epsilonMs })
  }
}

function skipClosedWindows(turn: Turn, record: JobRecord, epsilonMs: Millis): void {
  const { trigger } = record.job
  if (trigger.type !== 'scheduled') return
  const isClosed = (cursor: Cursor): boolean => cursor.at !== undefined && cursor.at < turn.now - epsilonMs
  for (let count = 1; isClosed(record.cursor) && record.left !== 0; count++) {
    const at = record.cursor.at ?? turn.now
    if (count === missedRecordsMax) {
      const open = cursorAfter(trigger.schedule, record.cursor, turn.now - epsilonMs - 1)
      const occurrences = Math.min(open.index - record.cursor.index, record.left ?? Infinity)
      recordMissed(turn, record, { at, reason: 'late', occurrences })
      consume(record, occurrences)
      record.cursor = open
      return
    }
    recordMissed(turn, record, { at, reason: 'late', occurrences: 1 })
    consume(record)
    record.cursor = nextCursor(trigger.schedule, record.cursor)
  }
}

const consume = (record: JobRecord, count = 1): void => {
  if (record.left !== undefined) record.left = Math.max(0, record.left - count)
}

const skipsOverlap = ({ job }: JobRecord, runs: readonly Run[]): boolean =>
  job.overlapPolicy === 'skip' && !job.concurrent && runs.some((run) => isLaunched(run) || run.state === 'queued')

/** A new occurrence makes the retry of an older one pointless; `replace` ends the older run itself as well. */
function replaceRetries(turn: Turn, record: JobRecord): void {
  for (const run of activeRunsOf(turn.state, record.job.name)) {
    if (run.state === 'delayed') {
      run.state = 'dropped'
      run.reason = 'superseded'
      run.message = 'the next scheduled run came before this retry'
      run.endedAt = turn.now
      turn.saveRun(run)
      turn.timer(`start/${run.id}`, undefined)
    } else if (record.job.overlapPolicy === 'replace' && isLaunched(run)) {
      killRun(turn, run)
    }
  }
}

/** Asks for the end of a run's task; its terminal update ends the run. */
export function killRun(turn: Turn, run: Run): void {
  run.killRequested = true
  turn.saveRun(run)
  turn.call({
    type: 'KILL',
    kill: { task_id: { value: run.taskId }, ...(run.agentId !== undefined && { agent_id: { value: run.agentId } }) },
  })
}

const missedMessages: Readonly<Record<string, string>> = {
  coalesced: 'taken together with a later occurrence, as there is no epsilon',
  late: 'its window (epsilon) had closed before it could be queued',
  overlap: 'an earlier run had not ended and overlapPolicy is skip',
}

function recordMissed(
  turn: Turn,
  record: JobRecord,
  missed: { readonly at: Millis; readonly reason: string; readonly occurrences: number },
): void {
  const { job } = record
  turn.saveRun({
    id: turn.state.random.uuid(),
    job: job.name,
    cause: 'schedule',
    dueAt: missed.at,
    attempt: 0,
    arguments: job.arguments,
    taskId: '',
    queuedAt: turn.now,
    highPriority: job.highPriority,
    expiresAt: undefined,
    state: 'missed',
    endedAt: turn.now,
    reason: missed.reason,
    message: missedMessages[missed.reason] ?? missed.reason,
    occurrences: missed.occurrences,
  })
  turn.count('missed', { job: job.name })
}
