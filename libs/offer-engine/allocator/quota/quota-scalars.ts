import { isReserved } from '../../resources/index.ts'
import type { Item } from '../../resources/index.ts'

/** Unreserved and not revocable: offered or used, it counts against the quota of its role. */
export function countsAgainstQuota(item: Item): boolean {
  return item.type === 'SCALAR' && !isReserved(item.meta) && item.meta.revocable === undefined
}
