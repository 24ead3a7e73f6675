import { BrokenInvariant } from '@thermosphere/effects'
import type { ClusterTotal, Competitor, Order, Place } from './order.ts'
import { byPath, insertSorted, removeSorted } from './sorted-list.ts'

type Denominator = Pick<ClusterTotal, 'vector' | 'excluded'>

/** The largest part of any one resource in the cluster that the competitor has, by its weight. */
export function dominantShare(
  { allocated, weight }: Pick<Competitor, 'allocated' | 'weight'>,
  total: Denominator,
): number {
  let share = 0
  for (let i = 0; i < allocated.length; i++) {
    const available = total.vector[i] ?? 0
    if (available <= 0 || total.excluded.has(i)) continue
    const part = (allocated[i] as number) / available
    if (part > share) share = part
  }
  return share / weight
}

/** So far totals may move against each other before everybody is sorted anew. */
const driftMax = 1.02
/** More than divisions round. */
const rounding = 1 - 1e-12

/**
 * Competitors by share, then number of allocations, then path. They are kept in order for the total of some time ago,
 * the base, and who was touched moves. As long as all totals grow alike, that is the order for the total of now as
 * well; else it is corrected as it is read: no share has shrunk more than the totals have grown, so that whoever comes
 * next is found among the few that come next by the base.
 */
export class DrfOrder<C extends Competitor> implements Order<C> {
  private readonly order: C[] = []
  /** Those whose places are old. */
  private readonly touched: C[] = []
  private readonly total: ClusterTotal
  private base: Denominator
  private followed: number
  /** No share is less than so many times what it was for the base. */
  private shrunkMost = 1
  /** Totals have not grown alike since the base. */
  private isOff = false

  constructor(total: ClusterTotal) {
    this.total = total
    this.base = copyOf(total)
    this.followed = total.version
  }

  get size(): number {
    return this.order.length
  }

  add(competitor: C): void {
    this.repair()
    competitor.place = { share: NaN, count: 0, isOld: false }
    this.renew(competitor, competitor.place)
    insertSorted(this.order, competitor, byBase)
  }

  remove(competitor: C): void {
    if (!competitor.place) return
    removeSorted(this.order, competitor, byBase)
    if (competitor.place.isOld) this.touched.splice(this.touched.indexOf(competitor), 1)
    competitor.place = undefined
  }

  touch(competitor: C): void {
    const { place } = competitor
    if (!place || place.isOld) return
    place.isOld = true
    this.touched.push(competitor)
  }

  sorted(): Iterable<C> {
    this.repair()
    return this.isOff ? this.corrected() : this.order
  }

  private renew(competitor: C, place: Place): void {
    place.share = dominantShare(competitor, this.base)
    place.count = competitor.count
    place.isOld = false
  }

  private repair(): void {
    if (this.followed !== this.total.version) this.follow()
    if (this.touched.length === 0) return
    if (this.touched.length * 4 > this.order.length + 4) this.sortAll()
    else for (const competitor of this.touched) this.reposition(competitor)
    this.touched.length = 0
  }

  private sortAll(): void {
    for (const competitor of this.order) this.renew(competitor, placeOf(competitor))
    this.order.sort(byBase)
  }

  private reposition(competitor: C): void {
    if (this.order.length === 1) return this.renew(competitor, placeOf(competitor))
    removeSorted(this.order, competitor, byBase)
    this.renew(competitor, placeOf(competitor))
    insertSorted(this.order, competitor, byBase)
  }

  /** The total has changed: how far from the base? */
  private follow(): void {
    this.followed = this.total.version
    let least = Infinity
    let most = 0
    for (let i = 0; i < this.total.vector.length; i++) {
      const before = this.base.vector[i] ?? 0
      const now = this.total.vector[i] ?? 0
      if (before <= 0 && now <= 0) continue
      if (before <= 0 || now <= 0) return this.rebase()
      least = Math.min(least, before / now)
      most = Math.max(most, before / now)
    }
    if (most > least * driftMax) return this.rebase()
    this.isOff = most > least
    this.shrunkMost = least * rounding
  }

  private rebase(): void {
    this.base = copyOf(this.total)
    this.isOff = false
    this.sortAll()
  }

  /** In order for the total of now. */
  private *corrected(): Generator<C> {
    const { order } = this
    let at = 0
    for (; order[at]?.place?.share === 0; at++) yield order[at] as C
    /** Those that may come next. */
    const next: Run<C>[] = []
    for (;;) {
      while (at < order.length && this.mayPrecede(order[at] as C, next[0])) {
        const run = this.runFrom(at)
        insertSorted(next, run, byShareNow)
        at = run.end
      }
      const run = next.shift()
      if (!run) return
      yield run.head
      if (++run.at === run.end) continue
      run.head = order[run.at] as C
      insertSorted(next, run, byShareNow)
    }
  }

  private mayPrecede(one: C, first: Run<C> | undefined): boolean {
    return !first || placeOf(one).share * this.shrunkMost <= first.share
  }

  private runFrom(at: number): Run<C> {
    const head = this.order[at] as C
    let end = at + 1
    while (end < this.order.length && hasSameAmounts(head, this.order[end] as C)) end++
    return { head, at, end, share: dominantShare(head, this.total) }
  }
}

/** Neighbours in the order with the same amounts: whatever the total, they follow each other. */
interface Run<C extends Competitor> {
  head: C
  at: number
  readonly end: number
  /** For the total of now. */
  readonly share: number
}

function hasSameAmounts(one: Competitor, other: Competitor): boolean {
  if (placeOf(one).share !== placeOf(other).share) return false
  const length = Math.max(one.allocated.length, other.allocated.length)
  for (let i = 0; i < length; i++) if ((one.allocated[i] ?? 0) !== (other.allocated[i] ?? 0)) return false
  return true
}

const copyOf = ({ vector, excluded }: Denominator): Denominator => ({ vector: [...vector], excluded })

function placeOf({ place, path }: Competitor): Place {
  if (!place) throw new BrokenInvariant('put in order without a place', { path })
  return place
}

const byBase = (a: Competitor, b: Competitor): number => placeOf(a).share - placeOf(b).share || byCount(a, b)

const byShareNow = (a: Run<Competitor>, b: Run<Competitor>): number => a.share - b.share || byCount(a.head, b.head)

const byCount = (a: Competitor, b: Competitor): number => placeOf(a).count - placeOf(b).count || byPath(a, b)
