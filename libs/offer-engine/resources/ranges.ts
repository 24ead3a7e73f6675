/** Inclusive integer ranges, flat: [begin, end, begin, end, …], sorted, disjoint, adjacent ones merged. */
export type Ranges = readonly number[]

/** Sorts and merges overlapping or adjacent ranges. Inverted pairs are dropped. */
export function normalizeRanges(pairs: readonly (readonly [number, number])[]): Ranges {
  const sorted = pairs.filter(([begin, end]) => begin <= end).sort((a, b) => a[0] - b[0])
  const result: number[] = []
  for (const [begin, end] of sorted) {
    const last = result.at(-1)
    if (last !== undefined && begin <= last + 1) result[result.length - 1] = Math.max(last, end)
    else result.push(begin, end)
  }
  return result
}

/** The ranges as [begin, end] pairs. */
export function rangePairs(ranges: Ranges): [number, number][] {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] as number, ranges[i + 1] as number])
  return pairs
}

export function addRanges(left: Ranges, right: Ranges): Ranges {
  return normalizeRanges([...rangePairs(left), ...rangePairs(right)])
}

export function subtractRanges(left: Ranges, right: Ranges): Ranges {
  let rest = rangePairs(left)
  for (const [begin, end] of rangePairs(right)) rest = rest.flatMap((pair) => cutRange(pair, begin, end))
  return rest.flat()
}

function cutRange([first, last]: [number, number], begin: number, end: number): [number, number][] {
  if (end < first || begin > last) return [[first, last]]
  const parts: [number, number][] = []
  if (first < begin) parts.push([first, begin - 1])
  if (end < last) parts.push([end + 1, last])
  return parts
}

export function intersectRanges(left: Ranges, right: Ranges): Ranges {
  return subtractRanges(left, subtractRanges(left, right))
}

export function containsRanges(left: Ranges, right: Ranges): boolean {
  let i = 0
  for (let j = 0; j < right.length; j += 2) {
    const begin = right[j] as number
    const end = right[j + 1] as number
    while (i < left.length && (left[i + 1] as number) < begin) i += 2
    if (i >= left.length || (left[i] as number) > begin || (left[i + 1] as number) < end) return false
  }
  return true
}

/** How many values the ranges hold. */
export function rangesSize(ranges: Ranges): number {
  let size = 0
  for (let i = 0; i < ranges.length; i += 2) size += (ranges[i + 1] as number) - (ranges[i] as number) + 1
  return size
}

/** `[31000-31005, 31010-31010]`, as Mesos prints ranges. */
export function formatRanges(ranges: Ranges): string {
  return `[${rangePairs(ranges)
    .map(([begin, end]) => `${begin}-${end}`)
    .join(', ')}]`
}
