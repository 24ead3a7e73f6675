/** Wall-clock time in a named zone, from what every browser has (Intl); Temporal is not in all of them. */
export type Wall = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  ms: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

function wallAt(at: number, zone: string): Wall {
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return { year, month, day, hour, minute, second, ms: ((at % 1000) + 1000) % 1000 }
}

const asUtc = (wall: Wall) =>
  Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.ms)
const offsetAt = (at: number, zone: string) => asUtc(wallAt(at, zone)) - at
const dayMs = 86_400_000

/** The instant of a wall time: the first of two in autumn, moved on by the gap in spring. */
export function instantOf(wall: Wall, zone: string): number {
  const utc = asUtc(wall)
  const before = offsetAt(utc - dayMs, zone)
  const after = offsetAt(utc + dayMs, zone)
  const instants = [before, after].map((offset) => utc - offset).filter((at) => offsetAt(at, zone) === utc - at)
  return instants.length > 0 ? Math.min(...instants) : utc - before
}

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** Adds calendar units; the day is clamped to the month's last one. */
export function addToWall(wall: Wall, step: { months: number; days: number }): Wall {
  const index = wall.year * 12 + (wall.month - 1) + step.months
  const year = Math.floor(index / 12)
  const month = (index % 12) + 1
  const day = Math.min(wall.day, daysIn(year, month))
  const date = new Date(Date.UTC(year, month - 1, day + step.days))
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}
