/** Numbers, sizes and times as people read them. All pure: time is an argument. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

export function bytes(value: number): string {
  let scaled = value
  let unit = 0
  while (Math.abs(scaled) >= 1024 && unit < units.length - 1) {
    scaled /= 1024
    unit += 1
  }
  return `${trim(scaled, unit === 0 || scaled >= 100 ? 0 : 1)} ${units[unit]}`
}

/** Mesos counts memory and disk in MiB. */
export const mebibytes = (value: number) => bytes(value * 1024 * 1024)
export const cpus = (value: number) => trim(value, 2)
export const percent = (part: number, whole: number) => (whole <= 0 ? '0%' : `${Math.round((part / whole) * 100)}%`)
export const plural = (count: number, word: string, many = `${word}s`) => `${count} ${count === 1 ? word : many}`

const trim = (value: number, digits: number) => {
  const text = value.toFixed(digits)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export type ResourceName = 'cpus' | 'mem' | 'disk' | 'gpus' | 'ports'
export function amount(name: ResourceName, value: number): string {
  return name === 'mem' || name === 'disk' ? mebibytes(value) : cpus(value)
}
export const resourceLabel: Record<ResourceName, string> = {
  cpus: 'CPUs',
  mem: 'Memory',
  disk: 'Disk',
  gpus: 'GPUs',
  ports: 'Ports',
}

/** `4m 12s`, two units at most. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (ms > 0 && ms < 1000) return `${Math.round(ms)}ms`
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ')
}

/** `4m ago`, `in 12s`, `now`: one unit. */
export function relative(at: number, now: number): string {
  const ms = at - now
  // Clocks of two machines differ by about as much.
  if (Math.abs(ms) < 1_500) return 'now'
  const text = oneUnit(Math.abs(ms))
  return ms > 0 ? `in ${text}` : `${text} ago`
}

function oneUnit(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

export function exactTime(at: number, options: { utc: boolean }): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
    ...(options.utc ? { timeZone: 'UTC' } : {}),
  })
  return `${format.format(at)}${options.utc ? ' UTC' : ''}`
}

export function clock(at: number, options: { utc: boolean; seconds?: boolean }): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(options.seconds === false ? {} : { second: '2-digit' }),
    ...(options.utc ? { timeZone: 'UTC' } : {}),
  }).format(at)
}

/** Shortens an id in the middle: both ends tell ids apart. */
export function shortId(id: string, max = 24): string {
  if (id.length <= max) return id
  const tail = Math.floor((max - 1) * 0.6)
  return `${id.slice(0, max - 1 - tail)}…${id.slice(-tail)}`
}

/** `its last run failed` as a sentence of its own. */
export const sentence = (text: string) =>
  text === '' ? '' : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

export const momentOf = (value: string | number | null | undefined): number | undefined => {
  if (value === null || value === undefined || value === '') return undefined
  const at = typeof value === 'number' ? value : Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}
