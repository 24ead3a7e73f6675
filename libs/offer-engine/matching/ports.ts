import type { Random } from '@thermosphere/effects'
import { addRanges, containsRanges, subtractRanges } from '../resources/index.ts'
import { formatRanges, rangesSize } from '../resources/index.ts'
import type { Ranges } from '../resources/index.ts'
import type { Refusal } from './types.ts'

export type PortResult =
  | { readonly kind: 'ports'; readonly hostPorts: (number | undefined)[]; readonly taken: Ranges }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Fixed ports must be free; the others are drawn at random from what is left. */
export function choosePorts(wanted: readonly (number | undefined)[], free: Ranges, random: Random): PortResult {
  const fixed = wanted.filter((port): port is number => port !== undefined && port > 0)
  const fixedRanges = fixed.reduce<Ranges>((ranges, port) => addRanges(ranges, [port, port]), [])
  let left = subtractRanges(free, fixedRanges)
  const randomCount = wanted.filter((port) => port === 0).length
  const repeated = rangesSize(fixedRanges) < fixed.length
  if (repeated || !containsRanges(free, fixedRanges) || rangesSize(left) < randomCount) {
    return { kind: 'refused', refusal: portRefusal(fixed, randomCount, free) }
  }
  const hostPorts = wanted.map((port) => {
    if (port !== 0) return port
    const drawn = portAt(left, random.integer(rangesSize(left)))
    left = subtractRanges(left, [drawn, drawn])
    return drawn
  })
  const taken = hostPorts.reduce<Ranges>((ranges, p) => (p === undefined ? ranges : addRanges(ranges, [p, p])), [])
  return { kind: 'ports', hostPorts, taken }
}

function portAt(ranges: Ranges, position: number): number {
  let rest = position
  for (let i = 0; i < ranges.length; i += 2) {
    const begin = ranges[i] as number
    const size = (ranges[i + 1] as number) - begin + 1
    if (rest < size) return begin + rest
    rest -= size
  }
  return ranges[0] ?? 0
}

function portRefusal(fixed: readonly number[], randomCount: number, free: Ranges): Refusal {
  const parts = [
    fixed.length > 0 ? `host ports ${fixed.join(', ')}` : '',
    randomCount > 0 ? `${randomCount} free host port${randomCount > 1 ? 's' : ''}` : '',
  ]
  return {
    reason: 'InsufficientPorts',
    needed: parts.filter((part) => part !== '').join(' and '),
    offered: free.length === 0 ? 'no ports' : formatRanges(free),
  }
}
