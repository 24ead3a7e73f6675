/**
 * When a job is due: `R[n]/[start]/period` or cron, as a sequence of nominal times.
 * The anchor never moves: the k-th time is computed from it each time, so month ends and clock changes leave no trace.
 */
import { errorMessage } from '@thermosphere/effects'
import type { Millis } from '@thermosphere/effects'
import { CronExpressionParser } from 'cron-parser'
import { averageLengthMs, multiplyPeriod, parsePeriod, periodHint } from './iso-period.ts'
import { cronCountMax } from '../limits.ts'
import { parseStart } from './iso-start.ts'
import { resolveZone } from './time-zone.ts'

export type IsoSchedule = {
  readonly type: 'iso'
  readonly text: string
  /** Undefined: for ever. */
  readonly repetitions: number | undefined
  readonly start: Temporal.ZonedDateTime
  readonly period: Temporal.Duration
  /** As written, for rendering. */
  readonly periodText: string
}
export type CronSchedule = { readonly type: 'cron'; readonly text: string; readonly zone: string }
export type Schedule = IsoSchedule | CronSchedule

/** Where a job stands in its sequence: `index` counts from 0, `at` is that nominal time; undefined: none is left. */
export type Cursor = { readonly index: number; readonly at: Millis | undefined }

export type ParseResult =
  { readonly ok: true; readonly schedule: Schedule } | { readonly ok: false; readonly error: string }

const isoShape = /^R(\d*)\/(.*)\/(P.*)$/
const cronNicknames = new Set(['@hourly', '@daily', '@weekly', '@monthly', '@yearly'])
/** Java's and Temporal's calendars end far apart; what lies beyond this is "never". */
const latestMs = Temporal.Instant.from('9999-12-31T00:00:00Z').epochMilliseconds

const refuse = (error: string): ParseResult => ({ ok: false, error })

/** Reads a schedule; `zone` is the job's `scheduleTimeZone` ('' when it has none), `now` the start that `R//P…` means. */
export function parseSchedule(text: string, context: { readonly zone: string; readonly now: Millis }): ParseResult {
  const zone = context.zone === '' ? undefined : resolveZone(context.zone)
  if (context.zone !== '' && zone === undefined) {
    return refuse(`Cannot parse scheduleTimeZone '${context.zone}': there is no such time zone`)
  }
  return text.startsWith('R') ? parseIso(text, { zone, now: context.now }) : parseCron(text, zone ?? 'UTC')
}

function parseIso(
  text: string,
  { zone, now }: { readonly zone: string | undefined; readonly now: Millis },
): ParseResult {
  const shape = isoShape.exec(text)
  const wrong = (why: string): ParseResult => refuse(`Cannot parse schedule '${text}': ${why}`)
  if (shape === null) return wrong('it must be R[n]/[start]/period, like R/2026-01-01T00:00:00Z/PT1H')
  const [, count = '', startText = '', periodText = ''] = shape
  const repetitions = count === '' ? undefined : Number(count)
  if (repetitions !== undefined && !Number.isSafeInteger(repetitions)) return wrong(`R${count} is too large`)
  const period = parsePeriod(periodText)
  if (period === undefined) return wrong(`'${periodText}' is not a period like P1D or PT90M${periodHint(periodText)}`)
  const repeats = repetitions === undefined || repetitions > 1
  if (repeats && averageLengthMs(period) < 1000) return wrong('a period must last at least one second')
  const start = startOf(startText, { zone, now })
  if (start === undefined) return wrong(`'${startText}' is not a date and time like 2026-01-01T04:00:00Z`)
  if (start.epochMilliseconds < 1000) return refuse(`Scheduled start date '${startText}' is before 1970!`)
  return { ok: true, schedule: { type: 'iso', text, repetitions, start, period, periodText } }
}

function startOf(text: string, { zone, now }: { readonly zone: string | undefined; readonly now: Millis }) {
  if (text === '') return Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone ?? 'UTC')
  const parsed = parseStart(text)
  // A zone of the job re-labels the wall clock and outdoes an offset in the text.
  return parsed?.local.toZonedDateTime(zone ?? parsed.offset ?? 'UTC')
}

function parseCron(text: string, zone: string): ParseResult {
  const fields = text.trim().split(/\s+/).length
  const example = "it must be R[n]/[start]/period, or cron with 5 fields like '*/15 * * * *'"
  if (fields !== 5 && !cronNicknames.has(text.trim())) return refuse(`Cannot parse schedule '${text}': ${example}`)
  try {
    CronExpressionParser.parse(text, { tz: zone })
    return { ok: true, schedule: { type: 'cron', text, zone } }
  } catch (error) {
    return refuse(`Cannot parse schedule '${text}': ${errorMessage(error)}`)
  }
}

/** The k-th nominal time; undefined when repetitions or the calendar end before it. */
function nominalAt(schedule: IsoSchedule, index: number): Millis | undefined {
  try {
    const at = schedule.start.add(multiplyPeriod(schedule.period, index)).epochMilliseconds
    return at > latestMs ? undefined : at
  } catch {
    return undefined
  }
}

function cronAfter(schedule: CronSchedule, after: Millis): Millis | undefined {
  try {
    const currentDate = Temporal.Instant.fromEpochMilliseconds(after).toString()
    return CronExpressionParser.parse(schedule.text, { tz: schedule.zone, currentDate }).next().getTime()
  } catch {
    // Cron that can never come true, like 30 February.
    return undefined
  }
}

/** The first place in the sequence. Cron begins after `createdAt`, ISO at its start, however long ago. */
export function firstCursor(schedule: Schedule, createdAt: Millis): Cursor {
  if (schedule.type === 'cron') return { index: 0, at: cronAfter(schedule, createdAt) }
  return { index: 0, at: schedule.repetitions === 0 ? undefined : nominalAt(schedule, 0) }
}

/** The place after this one. Repetitions are the caller's to count: missed ones may or may not consume one. */
export function nextCursor(schedule: Schedule, cursor: Cursor): Cursor {
  const index = cursor.index + 1
  if (cursor.at === undefined) return cursor
  if (schedule.type === 'cron') return { index, at: cronAfter(schedule, cursor.at) }
  return { index, at: isEmptyPeriod(schedule) ? undefined : nominalAt(schedule, index) }
}

const isEmptyPeriod = (schedule: IsoSchedule): boolean => averageLengthMs(schedule.period) === 0

/** The first place whose time is after `time`; `cursor` itself when it already is. */
export function cursorAfter(schedule: Schedule, cursor: Cursor, time: Millis): Cursor {
  if (cursor.at === undefined || cursor.at > time) return cursor
  if (schedule.type === 'cron') return { index: cursor.index + 1, at: cronAfter(schedule, time) }
  if (isEmptyPeriod(schedule)) return nextCursor(schedule, cursor)
  const length = averageLengthMs(schedule.period)
  let index = Math.max(cursor.index + 1, Math.floor((time - schedule.start.epochMilliseconds) / length))
  while (index > cursor.index + 1 && (nominalAt(schedule, index - 1) ?? Infinity) > time) index--
  for (let at = nominalAt(schedule, index); ; at = nominalAt(schedule, ++index)) {
    if (at === undefined || at > time) return { index, at }
  }
}

/** The last place whose time is not after `time`, and how many places from `cursor` on lie before it. */
export function lastUntil(
  schedule: Schedule,
  cursor: Cursor,
  time: Millis,
): { readonly at: Millis; readonly passed: number } {
  if (schedule.type === 'cron') return lastCron(schedule, cursor, time)
  const index = Math.max(cursor.index, cursorAfter(schedule, cursor, time).index - 1)
  return { at: nominalAt(schedule, index) ?? time, passed: index - cursor.index }
}

/** The count ends at `cronCountMax`; the place is right beyond it as well. */
function lastCron(schedule: CronSchedule, cursor: Cursor, time: Millis) {
  let last = cursor
  for (let passed = 0; passed < cronCountMax; passed++) {
    const next = nextCursor(schedule, last)
    if (next.at === undefined || next.at > time) return { at: last.at ?? time, passed }
    last = next
  }
  const currentDate = Temporal.Instant.fromEpochMilliseconds(time + 1).toString()
  const at = CronExpressionParser.parse(schedule.text, { tz: schedule.zone, currentDate }).prev().getTime()
  return { at, passed: cronCountMax }
}

/** The next `count` nominal times from `cursor` on, at most `left` of them. */
export function upcoming(
  schedule: Schedule,
  cursor: Cursor,
  { count, left }: { readonly count: number; readonly left: number | undefined },
): Millis[] {
  const times: Millis[] = []
  let place = cursor
  while (place.at !== undefined && times.length < Math.min(count, left ?? count)) {
    times.push(place.at)
    place = nextCursor(schedule, place)
  }
  return times
}

/**
 * What a listing shows: the posted text until the first run, then `R<left>/<next start>/<period>` with milliseconds and
 * the offset in force. Cron is returned unchanged.
 */
export function renderSchedule(schedule: Schedule, cursor: Cursor, left: number | undefined): string {
  if (schedule.type === 'cron' || cursor.index === 0) return schedule.text
  const next = cursor.at ?? nominalAt(schedule, cursor.index) ?? schedule.start.epochMilliseconds
  const zoned = Temporal.Instant.fromEpochMilliseconds(next).toZonedDateTimeISO(schedule.start.timeZoneId)
  const offset = zoned.offsetNanoseconds === 0 ? 'Z' : zoned.offset
  const text = zoned.toPlainDateTime().toString({ smallestUnit: 'millisecond' })
  return `R${left ?? ''}/${text}${offset}/${schedule.periodText}`
}
