import type { Period, Schedule } from './schedule.ts'
import type { Wall } from './zone.ts'

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** A schedule in words: “every 15 minutes”, “every day at 04:00, Europe/Berlin”. */
export function scheduleWords(schedule: Schedule, zone = ''): string {
  switch (schedule.kind) {
    case 'invalid':
      return schedule.problem
    case 'cron':
      return `${cronWords(schedule.expression)}, ${zone === '' ? 'UTC' : zone}`
    case 'repeating':
      return repeatingWords(schedule, zone)
  }
}

function repeatingWords(schedule: Extract<Schedule, { kind: 'repeating' }>, zone: string): string {
  if (schedule.repeats === 0) return 'only by hand'
  if (schedule.repeats === 1) return 'once'
  const wall = schedule.start.kind === 'wall' ? schedule.start.wall : undefined
  const often = `${everyWords(schedule.period)}${atWords(schedule.period, wall)}`
  const times = schedule.repeats === Number.POSITIVE_INFINITY ? '' : `, ${schedule.repeats} times`
  return `${often}${times}${zone === '' ? '' : `, ${zone}`}`
}

function everyWords(period: Period): string {
  const parts = partsOf(period)
  const [only] = parts
  if (parts.length === 1 && only !== undefined)
    return only[0] === 1 ? `every ${only[1]}` : `every ${only[0]} ${only[1]}s`
  return `every ${parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ')}`
}

function partsOf(period: Period): [number, string][] {
  const seconds = Math.round(period.ms / 1000)
  const weeks = period.days > 0 && period.days % 7 === 0
  const all: [number, string][] = [
    [Math.floor(period.months / 12), 'year'],
    [period.months % 12, 'month'],
    [weeks ? period.days / 7 : period.days, weeks ? 'week' : 'day'],
    [Math.floor(seconds / 3_600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ]
  return all.filter(([count]) => count > 0)
}

/** The time of day and the day say something only where the period is made of calendar units. */
function atWords(period: Period, wall: Wall | undefined): string {
  if (wall === undefined || period.ms > 0) return ''
  const time = `at ${two(wall.hour)}:${two(wall.minute)}`
  if (period.months > 0 && period.days === 0) return ` on day ${wall.day} ${time}`
  if (period.months === 0 && period.days % 7 === 0) return ` on ${weekdayOf(wall)} ${time}`
  return ` ${time}`
}

const two = (value: number) => String(value).padStart(2, '0')
const weekdayOf = (wall: Wall) => weekdays[new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay()] ?? ''

const named: Record<string, string> = {
  '@hourly': 'every hour',
  '@daily': 'every day at 00:00',
  '@midnight': 'every day at 00:00',
  '@weekly': 'every week on Sunday at 00:00',
  '@monthly': 'every month on day 1 at 00:00',
  '@yearly': 'every year on 1 January at 00:00',
  '@annually': 'every year on 1 January at 00:00',
}

function cronWords(expression: string): string {
  const word = named[expression]
  if (word !== undefined) return word
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.split(' ')
  const isDaily = day === '*' && month === '*' && weekday === '*'
  if (isDaily && hour === '*') return minuteWords(minute) ?? `cron ${expression}`
  if (isDaily && minute === '0' && /^\*\/\d+$/.test(hour)) return `every ${hour.slice(2)} hours`
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour)) return `cron ${expression}`
  const time = `at ${two(Number(hour))}:${two(Number(minute))}`
  if (isDaily) return `every day ${time}`
  const days = day === '*' && month === '*' ? weekdayWords(weekday) : undefined
  if (days !== undefined) return `every ${days} ${time}`
  if (/^\d+$/.test(day) && month === '*' && weekday === '*') return `every month on day ${Number(day)} ${time}`
  return `cron ${expression}`
}

function minuteWords(minute: string): string | undefined {
  if (minute === '*') return 'every minute'
  const step = /^\*\/(\d+)$/.exec(minute)?.[1]
  if (step !== undefined) return step === '1' ? 'every minute' : `every ${step} minutes`
  return /^\d+$/.test(minute) ? `every hour at :${two(Number(minute))}` : undefined
}

const shortDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function weekdayWords(field: string): string | undefined {
  if (field === '1-5' || field.toLowerCase() === 'mon-fri') return 'weekday'
  const names = field.split(',').map((part) => {
    const index = /^\d$/.test(part) ? Number(part) % 7 : shortDays.indexOf(part.toLowerCase())
    return weekdays[index]
  })
  if (names.some((name) => name === undefined)) return undefined
  return names.join(' and ')
}
