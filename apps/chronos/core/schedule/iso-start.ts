/** The start of an ISO 8601 repeating interval: calendar, week and ordinal dates, times with or without an offset. */

const datePattern = '(?:(\\d{4})(?:-(\\d{2})(?:-(\\d{2}))?|-W(\\d{2})-(\\d)|-(\\d{3}))?)'
const timePattern = '(?:T(\\d{2})(?::(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?)?)'
const offsetPattern = '(Z|[+-]\\d{2}(?::?\\d{2})?)'
const startPattern = new RegExp(`^${datePattern}?${timePattern}?${offsetPattern}?$`)

export type ParsedStart = {
  readonly local: Temporal.PlainDateTime
  /** The offset written in the text, as a zone id; undefined when there is none. */
  readonly offset: string | undefined
}

type Parts = readonly (string | undefined)[]

function parseDate([year, month, day, week, weekday, ordinal]: Parts): Temporal.PlainDate {
  if (year === undefined) return new Temporal.PlainDate(1970, 1, 1)
  const options = { overflow: 'reject' } as const
  if (week !== undefined) return weekDate(Number(year), { week: Number(week), weekday: Number(weekday) })
  if (ordinal !== undefined) {
    const date = new Temporal.PlainDate(Number(year), 1, 1).add({ days: Number(ordinal) - 1 })
    if (Number(ordinal) < 1 || date.year !== Number(year)) throw new RangeError('no such day of the year')
    return date
  }
  return Temporal.PlainDate.from({ year: Number(year), month: Number(month ?? 1), day: Number(day ?? 1) }, options)
}

/** ISO week dates: week 1 is the one with 4 January. */
function weekDate(year: number, { week, weekday }: { readonly week: number; readonly weekday: number }) {
  const fourth = new Temporal.PlainDate(year, 1, 4)
  const date = fourth.add({ days: (week - 1) * 7 + weekday - fourth.dayOfWeek })
  if (week < 1 || weekday < 1 || weekday > 7 || date.yearOfWeek !== year) throw new RangeError('no such week date')
  return date
}

function parseTime([hour, minute, second, fraction]: Parts): Temporal.PlainTime {
  const millisecond = Number((fraction ?? '').padEnd(3, '0').slice(0, 3))
  const fields = { hour: Number(hour ?? 0), minute: Number(minute ?? 0), second: Number(second ?? 0), millisecond }
  return Temporal.PlainTime.from(fields, { overflow: 'reject' })
}

const offsetZone = (text: string): string => {
  if (text === 'Z') return 'UTC'
  const digits = text.slice(1).replace(':', '').padEnd(4, '0')
  return `${text.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

/** Undefined when the text is no start, or names a day or time that there is not. */
export function parseStart(text: string): ParsedStart | undefined {
  const match = startPattern.exec(text)
  if (match === null || (match[1] === undefined && match[7] === undefined)) return undefined
  try {
    const local = parseDate(match.slice(1, 7)).toPlainDateTime(parseTime(match.slice(7, 11)))
    const offset = match[11] === undefined ? undefined : offsetZone(match[11])
    if (offset !== undefined) local.toZonedDateTime(offset)
    return { local, offset }
  } catch {
    return undefined
  }
}
