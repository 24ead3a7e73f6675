/** `75s`, `500ms`, `2m`, `1h`, `1d`, or milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

export function millisOf(duration: Duration): number {
  if (typeof duration === 'number') return duration
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? []
  const factor = (units as Readonly<Record<string, number>>)[unit]
  if (factor === undefined) throw new RangeError(`${duration} is no duration: give one like 500ms, 75s, 2m, 1h or 1d`)
  return Number(count) * factor
}
