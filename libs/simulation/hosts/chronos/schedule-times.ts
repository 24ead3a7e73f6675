import type { Millis } from '@thermosphere/effects'

export type ScheduleTimes = {
  readonly startAt: Millis
  readonly intervalMs: Millis
  /** undefined repeats for ever. */
  readonly count: number | undefined
}

const isoPattern = /^R(\d*)\/(.+)\/PT(\d+)S$/

/** The times of the kinds of schedule that workloads use. */
export function timesOf(schedule: string): ScheduleTimes | undefined {
  if (schedule === '* * * * *') return { startAt: 0, intervalMs: 60_000, count: undefined }
  const [, count = '', start, seconds] = isoPattern.exec(schedule) ?? []
  if (start === undefined) return undefined
  const startAt = Temporal.Instant.from(start).epochMilliseconds
  return { startAt, intervalMs: Number(seconds) * 1000, count: count === '' ? undefined : Number(count) }
}
