import type { Milli } from './scalar.ts'

/** Amounts by resource name, in thousandths. Absent = 0 for what there is, unlimited for a limit. */
export type Quantities = ReadonlyMap<string, Milli>

/** The sum name by name. */
export function addQuantities(left: Quantities, right: Quantities): Map<string, Milli> {
  const result = new Map(left)
  for (const [name, milli] of right) result.set(name, (result.get(name) ?? 0) + milli)
  return result
}

/** Never negative: what is not there is not taken. */
export function subtractQuantities(left: Quantities, right: Quantities): Map<string, Milli> {
  const result = new Map<string, Milli>()
  for (const [name, milli] of left) {
    const rest = milli - (right.get(name) ?? 0)
    if (rest > 0) result.set(name, rest)
  }
  return result
}

/** Whether there is at least as much of each name. */
export function containsQuantities(left: Quantities, right: Quantities): boolean {
  for (const [name, milli] of right) if ((left.get(name) ?? 0) < milli) return false
  return true
}
