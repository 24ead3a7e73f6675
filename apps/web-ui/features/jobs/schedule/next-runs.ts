import { errorMessage } from '@thermosphere/effects'
import { CronExpressionParser } from 'cron-parser'
import type { Period, Schedule, Start } from './schedule.ts'
import { addToWall, instantOf } from './zone.ts'

type Preview = { runs: number[]; problem?: string }
type Options = { zone: string; now: number; count: number }

/** The next runs of a schedule: exact calendar arithmetic from its start, the same as the server's. */
export function nextRuns(schedule: Schedule, options: Options): Preview {
  switch (schedule.kind) {
    case 'invalid':
      return { runs: [], problem: schedule.problem }
    case 'cron':
      return cronRuns(schedule.expression, options)
    case 'repeating':
      return { runs: repeatingRuns(schedule, options) }
  }
}

function cronRuns(expression: string, { zone, now, count }: Options): Preview {
  try {
    const cron = CronExpressionParser.parse(expression, { currentDate: new Date(now), tz: zone === '' ? 'UTC' : zone })
    return { runs: Array.from({ length: count }, () => cron.next().getTime()) }
  } catch (error) {
    return { runs: [], problem: `Cron cannot be read: ${errorMessage(error)}` }
  }
}

type Repeating = Extract<Schedule, { kind: 'repeating' }>

/** A start in the past is due at once, and then on its own grid. */
function repeatingRuns(schedule: Repeating, { zone, now, count }: Options): number[] {
  const at = gridOf(schedule.start, schedule.period, { zone, now })
  if (at === undefined) return []
  const wanted = Math.min(count, schedule.repeats)
  const first = at(0)
  if (first > now) return take(at, 0, wanted)
  if (wanted === 0) return []
  const isEndless = schedule.period.ms + schedule.period.days + schedule.period.months > 0
  return isEndless ? [now, ...take(at, firstAfter(at, schedule.period, now), wanted - 1)] : [now]
}

const take = (at: (index: number) => number, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => at(from + index))

/** The time of the k-th run: calendar units on the wall clock of the zone, hours and below exactly. */
function gridOf(
  start: Start,
  period: Period,
  options: { zone: string; now: number },
): ((index: number) => number) | undefined {
  if (start.kind === 'other') return undefined
  const zone = options.zone === '' ? 'UTC' : options.zone
  if (start.kind === 'now')
    return (index) => options.now + index * (period.ms + (period.days + period.months * 30) * 86_400_000)
  const { wall, offsetMs } = start
  // Without a zone of its own the offset in the text holds for ever; with one it is ignored, as Chronos does.
  const shiftMs = options.zone === '' ? (offsetMs ?? 0) : 0
  return (index) =>
    instantOf(addToWall(wall, { months: period.months * index, days: period.days * index }), zone) -
    shiftMs +
    period.ms * index
}

function firstAfter(at: (index: number) => number, period: Period, now: number): number {
  const approximateMs = period.ms + period.days * 86_400_000 + period.months * 30.436875 * 86_400_000
  let index = Math.max(1, Math.floor((now - at(0)) / approximateMs) - 2)
  while (index > 1 && at(index - 1) > now) index -= 1
  while (at(index) <= now) index += 1
  return index
}
