import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'

/** A source of randomness that depends on the seed and the text alone, not on what else was drawn. */
export function randomFor(seed: number, text: string): Random {
  let hash = seed ^ 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return createRandom(hash)
}

/** The items one by one, each drawn from those that are left with a chance in proportion to its weight. */
export function* drawn<T extends { readonly weight: number }>(items: readonly T[], random: Random): Generator<T> {
  const left = [...items]
  const areEqual = left.every(({ weight }) => weight === left[0]?.weight)
  let sum = left.reduce((total, { weight }) => total + weight, 0)
  while (left.length > 0) {
    const at = areEqual ? random.integer(left.length) : indexAt(left, random.fraction() * sum)
    const item = left[at] as T
    left[at] = left.at(-1) as T
    left.pop()
    sum -= item.weight
    yield item
  }
}

/** The item that `point` falls on when the items lie in a row, each as long as its weight. */
function indexAt(items: readonly { readonly weight: number }[], point: number): number {
  let end = 0
  const at = items.findIndex(({ weight }) => (end += weight) > point)
  return at < 0 ? items.length - 1 : at
}
