/** A scalar in thousandths: exact to add, subtract and compare. */
export type Milli = number

/** Rounds half away from zero to thousandths, as Mesos does. */
export function toMilli(value: number): Milli {
  const scaled = Math.round(Math.abs(value) * 1000)
  return value < 0 ? -scaled : scaled
}

/** The double nearest to the exact decimal value. */
export function fromMilli(milli: Milli): number {
  return milli / 1000
}

/** `4`, `0.1`, `1000000`: no exponent, no trailing zeros. */
export function formatMilli(milli: Milli): string {
  return String(milli / 1000)
}
