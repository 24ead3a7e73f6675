import type { Resources } from '../../resources/index.ts'
import { countsAgainstQuota } from '../quota/quota-scalars.ts'

/** What an agent has, and the same in the order in which it is offered. */
export interface AgentTotal {
  readonly total: Resources
  readonly offer: Resources
}

/** Far more kinds of machines than a cluster buys; with more it begins anew. */
const kindsMax = 1_000

/**
 * Agents of one size share one total, and with it all that is worked out about it: what is offered of a free agent,
 * and that as allocated to a role.
 */
export class CommonTotals {
  private readonly kinds = new Map<number, AgentTotal[]>()
  private kindCount = 0

  of(total: Resources): AgentTotal {
    // What is reserved, or on a disk of its own, is seldom had by two.
    if (!total.isPlain) return { total, offer: inOfferOrder(total) }
    const kinds = this.kinds.get(total.hash()) ?? []
    const known = kinds.find((kind) => kind.total.isSame(total))
    if (known) return known
    if (this.kindCount === kindsMax) this.clear()
    const kind = { total, offer: inOfferOrder(total) }
    this.kinds.set(total.hash(), [...kinds, kind])
    this.kindCount++
    return kind
  }

  private clear(): void {
    this.kinds.clear()
    this.kindCount = 0
  }
}

/** Reserved, revocable and non-scalar resources first, as Mesos lists them in an offer. */
export function inOfferOrder(resources: Resources): Resources {
  return resources.filter((item) => !countsAgainstQuota(item)).concat(resources.filter(countsAgainstQuota))
}
