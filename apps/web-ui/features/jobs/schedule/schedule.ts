import type { Wall } from './zone.ts'
import { isZone } from './zone.ts'

/** A job's schedule as typed: an ISO 8601 repeating interval or a cron line. */
export type Period = { months: number; days: number; ms: number }
export type Start =
  | { kind: 'now' }
  | { kind: 'wall'; wall: Wall; offsetMs: number | undefined }
  /** A form Chronos takes and this preview does not compute (week dates, ordinals, times without a date). */
  | { kind: 'other' }
export type Schedule =
  | { kind: 'repeating'; repeats: number; start: Start; period: Period; periodText: string }
  | { kind: 'cron'; expression: string }
  | { kind: 'invalid'; problem: string }

const cronWords = new Set(['@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@annually', '@midnight'])

export function parseSchedule(text: string, zone = ''): Schedule {
  const trimmed = text.trim()
  if (zone !== '' && !isZone(zone)) return invalid(`The time zone '${zone}' is not known.`)
  if (trimmed === '') return invalid('A schedule is needed: an interval such as R//PT1H, or cron such as 0 4 * * *.')
  if (!trimmed.startsWith('R')) return parseCron(trimmed)
  return parseRepeating(trimmed)
}

const invalid = (problem: string): Schedule => ({ kind: 'invalid', problem })

function parseCron(text: string): Schedule {
  if (cronWords.has(text)) return { kind: 'cron', expression: text }
  const fields = text.split(/\s+/)
  if (fields.length === 5) return { kind: 'cron', expression: fields.join(' ') }
  return invalid(
    text.includes('/')
      ? 'An interval starts with R, such as R/2026-01-01T04:00:00Z/P1D.'
      : `Cron needs five fields (minute hour day month weekday); this has ${fields.length}.`,
  )
}

function parseRepeating(text: string): Schedule {
  const match = /^R([0-9]*)\/(.*)\/(P.*)$/.exec(text)
  if (match === null)
    return invalid('An interval has three parts: R[times]/[start]/period, such as R/2026-01-01T04:00:00Z/P1D.')
  const [, times = '', startText = '', periodText = ''] = match
  const start = parseStart(startText)
  if (start === undefined) return invalid(`The start '${startText}' is not an ISO 8601 date and time.`)
  const period = parsePeriod(periodText)
  if (typeof period === 'string') return invalid(period)
  const repeats = times === '' ? Number.POSITIVE_INFINITY : Number(times)
  const lengthMs = period.ms + (period.days + period.months * 30) * 86_400_000
  if (repeats > 1 && lengthMs < 1_000) return invalid('The period has to be at least one second.')
  return { kind: 'repeating', repeats, start, period, periodText }
}

const timePattern = /(?:T(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?/
const startPattern = new RegExp(
  `^(\\d{4})(?:-(\\d{2})(?:-(\\d{2})${timePattern.source})?)?(Z|[+-]\\d{2}(?::?\\d{2})?)?$`,
)

function parseStart(text: string): Start | undefined {
  if (text === '') return { kind: 'now' }
  if (/^\d{4}-(W\d{2}(-\d)?|\d{3})(T|$)/.test(text) || /^T\d{2}/.test(text)) return { kind: 'other' }
  const match = startPattern.exec(text)
  if (match === null) return undefined
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '0', zone] = match
  const wall: Wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms: Math.floor(Number(`0.${fraction}`) * 1000),
  }
  return isRealWall(wall) ? { kind: 'wall', wall, offsetMs: offsetOf(zone) } : undefined
}

function isRealWall(wall: Wall): boolean {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day))
  const isDate = date.getUTCMonth() === wall.month - 1 && date.getUTCDate() === wall.day
  return isDate && wall.hour < 24 && wall.minute < 60 && wall.second < 60
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0')
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

const periodPattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** The period, or the sentence about what is wrong with it. */
function parsePeriod(text: string): Period | string {
  const match = periodPattern.exec(text)
  const hasPart = match?.slice(1).some((part) => part !== undefined) === true
  if (match === null || (!hasPart && text !== 'P')) {
    const time = /^P(\d+[HS].*)$/.exec(text)
    const hint = time === null ? 'such as PT15M, P1D or P1M' : `did you mean PT${time[1]}?`
    return `The period '${text}' cannot be read; ${hint}`
  }
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  return {
    months: (years ?? 0) * 12 + (months ?? 0),
    days: (weeks ?? 0) * 7 + (days ?? 0),
    ms: ((hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000,
  }
}
