import { isReserved } from '../../resources/index.ts'
import type { Item, Resources } from '../../resources/index.ts'
import { addAt } from '../vectors.ts'
import type { ScalarNames, Vector } from '../vectors.ts'

/** Unreserved and not revocable: offered or used, it counts against the quota of its role. */
export function countsAgainstQuota(item: Item): boolean {
  return item.type === 'SCALAR' && !isReserved(item.meta) && item.meta.revocable === undefined
}

/** The sum of what counts against a quota when offered or used. */
export function quotaScalars(resources: Resources, names: ScalarNames): Vector {
  const sum: Vector = []
  for (const item of resources.items) {
    if (item.type === 'SCALAR' && countsAgainstQuota(item)) addAt(sum, names.indexOf(item.meta.name), item.milli)
  }
  return sum
}
