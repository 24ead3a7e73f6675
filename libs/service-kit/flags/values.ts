/** Text forms of durations and sizes as Mesos' flags spell them: `15secs`, `1.5hrs`, `32MB`. */

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  secs: 1000,
  mins: 60_000,
  hrs: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
}

const DURATION_UNITS_UP = ['ms', 'secs', 'mins', 'hrs', 'days', 'weeks'] as const

/** Units of a duration, for error texts. */
export const DURATION_FORM = 'a number and one of ns, us, ms, secs, mins, hrs, days, weeks, as in 15secs'
/** Units of a size, for error texts. */
export const BYTES_FORM = 'a whole number and one of B, KB, MB, GB, TB, as in 32MB'

/** Milliseconds of a duration such as `15secs`; undefined when the text is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ns|us|ms|secs|mins|hrs|days|weeks)$/.exec(text.trim())
  if (match === null) return undefined
  return Number(match[1]) * (MS_PER_UNIT[match[2] ?? ''] ?? NaN)
}

/** The shortest exact text: 60000 -> `1mins`, 1500 -> `1500ms`... a fraction is kept only below a millisecond. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0ns'
  if (!Number.isInteger(ms)) return formatSmallDuration(ms)
  let text = `${ms}ms`
  for (const unit of DURATION_UNITS_UP) {
    const count = ms / (MS_PER_UNIT[unit] ?? NaN)
    if (Number.isInteger(count)) text = `${count}${unit}`
  }
  return text
}

function formatSmallDuration(ms: number): string {
  const micros = ms * 1000
  return Number.isInteger(micros) ? `${micros}us` : `${Math.round(ms * 1e6)}ns`
}

/** Bytes of a size such as `32MB` (binary units); undefined when the text is not one. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KB|MB|GB|TB)$/.exec(text.trim())
  if (match === null) return undefined
  const bytes = Number(match[1]) * (BYTES_PER_UNIT[match[2] ?? ''] ?? NaN)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The shortest exact text: 33554432 -> `32MB`. */
export function formatBytes(bytes: number): string {
  let text = `${bytes}B`
  if (bytes === 0) return text
  for (const [unit, size] of Object.entries(BYTES_PER_UNIT)) {
    if (bytes % size === 0) text = `${bytes / size}${unit}`
  }
  return text
}
