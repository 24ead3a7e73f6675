/** The period of an ISO 8601 repeating interval. */

const periodPattern =
  /^P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?$/

/** Undefined when the text is no period. `P` alone is the empty one, as the original reads it. */
export function parsePeriod(text: string): Temporal.Duration | undefined {
  const match = periodPattern.exec(text)
  if (match === null) return undefined
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1, 8).map((part) => Number(part ?? 0))
  const milliseconds = Number((match[8] ?? '').padEnd(3, '0').slice(0, 3))
  return new Temporal.Duration(years, months, weeks, days, hours, minutes, seconds, milliseconds)
}

const averageMs = { years: 31_556_952_000, months: 2_629_746_000, weeks: 604_800_000, days: 86_400_000 }

/** How long it lasts on average; exact without years and months and clock changes. */
export const averageLengthMs = (period: Temporal.Duration): number =>
  period.years * averageMs.years +
  period.months * averageMs.months +
  period.weeks * averageMs.weeks +
  period.days * averageMs.days +
  period.hours * 3_600_000 +
  period.minutes * 60_000 +
  period.seconds * 1_000 +
  period.milliseconds

/** A guess at what was meant by a text that is no period. */
export const periodHint = (text: string): string =>
  /^P\d+[HS]$/.test(text) ? `; did you mean PT${text.slice(1)}?` : ''

/** The period `count` times: every part multiplied, so that month ends are clamped from the anchor each time. */
export const multiplyPeriod = (period: Temporal.Duration, count: number): Temporal.Duration =>
  new Temporal.Duration(
    period.years * count,
    period.months * count,
    period.weeks * count,
    period.days * count,
    period.hours * count,
    period.minutes * count,
    period.seconds * count,
    period.milliseconds * count,
  )
