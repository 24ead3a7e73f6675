import type { Vector } from './vectors.ts'

/** One competitor for resources: a role among its siblings, or a framework within a role. */
export interface Competitor {
  readonly path: string
  weight: number
  /** Offered and used scalars. */
  readonly allocated: Vector
  /** How often something was allocated. */
  count: number
  /** Where it stands in the order. Written by the order only. */
  placedShare: number
  placedCount: number
}

/** The cluster's scalars: the denominator of every share. `version` grows with each change. */
export interface ClusterTotal {
  readonly vector: Vector
  /** The part of it that can count against a quota: unreserved and not revocable. */
  readonly quotaScalars: Vector
  readonly excluded: ReadonlySet<number>
  version: number
}

/** The largest part of any one resource in the cluster that the competitor has, by its weight. */
export function dominantShare(competitor: Competitor, total: ClusterTotal): number {
  let share = 0
  for (let i = 0; i < competitor.allocated.length; i++) {
    const available = total.vector[i] ?? 0
    if (available <= 0 || total.excluded.has(i)) continue
    const part = (competitor.allocated[i] as number) / available
    if (part > share) share = part
  }
  return share / competitor.weight
}

/** Competitors by share, then number of allocations, then path. Repairs its order on demand, as little as needed. */
export class DrfOrder<C extends Competitor> {
  private order: C[] = []
  private readonly touched = new Set<C>()
  private sortedFor = -1
  private readonly total: ClusterTotal

  constructor(total: ClusterTotal) {
    this.total = total
  }

  get size(): number {
    return this.order.length
  }

  add(competitor: C): void {
    this.order.push(competitor)
    this.sortedFor = -1
  }

  remove(competitor: C): void {
    const at = this.order.indexOf(competitor)
    if (at >= 0) this.order.splice(at, 1)
    this.touched.delete(competitor)
  }

  /** To be called after its allocation or weight changed; it moves when the order is next asked for. */
  touch(competitor: C): void {
    if (this.sortedFor === this.total.version) this.touched.add(competitor)
  }

  /** Who goes first comes first. The array stays as it is until the next call. */
  sorted(): readonly C[] {
    if (this.sortedFor === this.total.version && this.touched.size === 0) return this.order
    if (this.sortedFor !== this.total.version || this.touched.size * 4 > this.order.length + 4) this.sortAll()
    else for (const competitor of this.touched) this.reposition(competitor)
    this.touched.clear()
    return this.order
  }

  private sortAll(): void {
    for (const competitor of this.order) place(competitor, this.total)
    this.order.sort(compare)
    this.sortedFor = this.total.version
  }

  private reposition(competitor: C): void {
    const from = this.search(competitor)
    if (this.order[from] !== competitor) return
    this.order.splice(from, 1)
    place(competitor, this.total)
    this.order.splice(this.search(competitor), 0, competitor)
  }

  /** The first position whose competitor does not come before `competitor`, by the placed keys. */
  private search(competitor: C): number {
    let low = 0
    let high = this.order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(this.order[middle] as C, competitor) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function place(competitor: Competitor, total: ClusterTotal): void {
  competitor.placedShare = dominantShare(competitor, total)
  competitor.placedCount = competitor.count
}

function compare(left: Competitor, right: Competitor): number {
  if (left.placedShare !== right.placedShare) return left.placedShare - right.placedShare
  if (left.placedCount !== right.placedCount) return left.placedCount - right.placedCount
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0
}
