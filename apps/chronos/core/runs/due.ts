/**
 * What happens when the nominal time of a job is reached. Without epsilon any number of missed occurrences become one
 * run, however late (Chronos 3); with epsilon each one either starts within its window or is written down as missed.
 * `catchUp` chooses otherwise. The index moves in the transaction that queues the run, and never back.
 */
import type { Millis } from '@thermosphere/effects'
import type { Job, Trigger } from '../job/job.ts'
import { catchUpNoneWindowMs, missedRecordsMax, openOccurrencesMax } from '../limits.ts'
import { cursorAfter, lastUntil, nextCursor } from '../schedule/schedule.ts'
import { activeRunsOf, isLaunched } from '../state.ts'
import type { JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { armJob, startsByItself } from './arm.ts'
import { killRun } from './kill.ts'
import { recordMissed } from './missed.ts'
import type { Missed } from './missed.ts'
import { createRun, mayOverlap } from './queue.ts'

type Scheduled = Extract<Trigger, { type: 'scheduled' }>

export function onJobDue(turn: Turn, name: string): void {
  const record = turn.state.jobs.get(name)
  if (record === undefined || turn.state.phase !== 'scheduling' || !startsByItself(record)) return
  if (isDue(record, turn.now)) {
    queueDue(turn, record, record.job.trigger as Scheduled)
    turn.saveJob(record)
  }
  armJob(turn, record)
}

const isDue = ({ cursor, left }: JobRecord, time: Millis): boolean =>
  cursor.at !== undefined && cursor.at <= time && left !== 0

function queueDue(turn: Turn, record: JobRecord, trigger: Scheduled): void {
  const { catchUp } = record.job
  const windowMs = trigger.epsilonMs ?? (catchUp === 'none' ? catchUpNoneWindowMs : undefined)
  if (windowMs !== undefined) {
    const reason = trigger.epsilonMs === undefined ? 'downtime' : 'late'
    miss(turn, record, { trigger, until: turn.now - windowMs - 1, reason })
  }
  if (!isDue(record, turn.now)) return
  if ((catchUp ?? (trigger.epsilonMs === undefined ? 'one' : 'all')) === 'all') queueEach(turn, record, trigger)
  else queueOne(turn, record, trigger)
}

/** One run stands for all occurrences until now and takes one repetition. */
function queueOne(turn: Turn, record: JobRecord, trigger: Scheduled): void {
  const { cursor } = record
  const first = cursor.at ?? turn.now
  const last = lastUntil(trigger.schedule, cursor, turn.now)
  const runs = activeRunsOf(turn.state, record.job.name)
  const waiting = runs.find((run) => run.state === 'queued' && run.cause === 'schedule')
  const others = last.passed + (waiting === undefined ? 0 : 1)
  if (others > 0) recordMissed(turn, record, { at: first, reason: 'coalesced', occurrences: others })
  record.cursor = cursorAfter(trigger.schedule, cursor, turn.now)
  if (waiting === undefined) return queueOccurrence(turn, record, { trigger, at: last.at })
  // Queued under the schedule that this one replaced, it stands for the first run of this one.
  if (waiting.queuedAt < record.createdAt) consume(record, 1)
}

/** Each occurrence takes a repetition and is queued, in order. */
function queueEach(turn: Turn, record: JobRecord, trigger: Scheduled): void {
  const open = activeRunsOf(turn.state, record.job.name).length
  for (let room = openOccurrencesMax - open; room > 0 && isDue(record, turn.now); room--) {
    const at = record.cursor.at ?? turn.now
    record.cursor = nextCursor(trigger.schedule, record.cursor)
    queueOccurrence(turn, record, { trigger, at })
  }
  miss(turn, record, { trigger, until: turn.now, reason: 'queue-full' })
}

function queueOccurrence(
  turn: Turn,
  record: JobRecord,
  { trigger, at }: { readonly trigger: Scheduled; readonly at: Millis },
): void {
  const launched = activeRunsOf(turn.state, record.job.name).filter(isLaunched)
  consume(record, 1)
  if (skipsOverlap(turn, record.job)) return recordMissed(turn, record, { at, reason: 'overlap', occurrences: 1 })
  if (record.job.overlapPolicy === 'replace') for (const run of launched) killRun(turn, run)
  const { epsilonMs } = trigger
  createRun(turn, {
    record,
    cause: 'schedule',
    dueAt: at,
    ...(epsilonMs !== undefined && { expiresAt: at + epsilonMs }),
  })
}

const skipsOverlap = (turn: Turn, job: Job): boolean => {
  const isOpen = (run: Run): boolean => isLaunched(run) || run.state === 'queued'
  return job.overlapPolicy === 'skip' && !mayOverlap(job) && activeRunsOf(turn.state, job.name).some(isOpen)
}

/** Passes over the occurrences until `until`: one by one while they are few, the rest of them as one record. */
function miss(
  turn: Turn,
  record: JobRecord,
  {
    trigger,
    until,
    reason,
  }: { readonly trigger: Scheduled; readonly until: Millis; readonly reason: Missed['reason'] },
): void {
  const { schedule } = trigger
  for (let records = 1; isDue(record, until); records++) {
    const { cursor } = record
    const others = records < missedRecordsMax ? 0 : lastUntil(schedule, cursor, until).passed
    const occurrences = Math.min(others + 1, record.left ?? Infinity)
    recordMissed(turn, record, { at: cursor.at ?? until, reason, occurrences })
    consume(record, occurrences)
    record.cursor = others === 0 ? nextCursor(schedule, cursor) : cursorAfter(schedule, cursor, until)
  }
}

const consume = (record: JobRecord, count: number): void => {
  if (record.left !== undefined) record.left = Math.max(0, record.left - count)
}
