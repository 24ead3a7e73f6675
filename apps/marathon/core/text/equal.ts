/** Whether two JSON-like values are equal; members that are undefined count as absent. */
export function isDeepStrictEqualTo(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const leftEntries = Object.entries(left).filter(([, value]) => value !== undefined)
  const rightEntries = new Map(Object.entries(right).filter(([, value]) => value !== undefined))
  if (leftEntries.length !== rightEntries.size) return false
  return leftEntries.every(([key, value]) => rightEntries.has(key) && isDeepStrictEqualTo(value, rightEntries.get(key)))
}
