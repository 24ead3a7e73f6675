import { BrokenInvariant } from '@thermosphere/effects'
import type { ClusterTotal, Competitor, Order, Shape } from './order.ts'

/** The largest part of any one resource in the cluster that the competitor has, by its weight. */
export function dominantShare(
  { allocated, weight }: Pick<Competitor, 'allocated' | 'weight'>,
  total: ClusterTotal,
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

/** With so many competitors of each shape it pays to compare the shapes alone. */
const fewShapesFactor = 8

/**
 * Competitors by share, then number of allocations, then path; repairs its order on demand, as little as needed:
 * who was touched moves, and a new total is only looked at shape by shape as long as it leaves the shapes in order.
 */
export class DrfOrder<C extends Competitor> implements Order<C> {
  private readonly order: C[] = []
  private readonly touched = new Set<C>()
  /** By hash. */
  private readonly shapes = new Map<number, Shape>()
  private sortedFor: number
  private readonly total: ClusterTotal

  constructor(total: ClusterTotal) {
    this.total = total
    this.sortedFor = total.version
  }

  get size(): number {
    return this.order.length
  }

  add(competitor: C): void {
    this.repair()
    competitor.place = { shape: this.join(competitor), count: competitor.count }
    this.insert(competitor)
  }

  remove(competitor: C): void {
    if (!competitor.place) return
    this.take(competitor)
    this.leave(competitor.place.shape)
    competitor.place = undefined
    this.touched.delete(competitor)
  }

  touch(competitor: C): void {
    if (competitor.place) this.touched.add(competitor)
  }

  /** The array stays as it is until the next call. */
  sorted(): readonly C[] {
    this.repair()
    return this.order
  }

  private repair(): void {
    if (this.sortedFor !== this.total.version) this.follow()
    if (this.touched.size === 0) return
    if (this.touched.size * 4 > this.order.length + 4) this.sortAll()
    else for (const competitor of this.touched) this.reposition(competitor)
    this.touched.clear()
  }

  /** The total has changed. */
  private follow(): void {
    this.sortedFor = this.total.version
    const shapes = this.allShapes()
    if (shapes.length * fewShapesFactor > this.order.length) {
      for (const shape of shapes) shape.share = dominantShare(shape, this.total)
      this.order.sort(compare)
    } else if (!this.keepsOrder(shapes)) this.order.sort(compare)
  }

  /** Takes the new shares over; says whether the shapes are in the same order as before, equal ones as well. */
  private keepsOrder(shapes: Shape[]): boolean {
    shapes.sort((a, b) => a.share - b.share)
    const shares = shapes.map((shape) => dominantShare(shape, this.total))
    const keepsOrder = shapes.every((shape, i) => {
      const next = shapes[i + 1]
      if (!next) return true
      const gap = (shares[i + 1] as number) - (shares[i] as number)
      return next.share > shape.share ? gap > 0 : gap === 0
    })
    for (const [i, shape] of shapes.entries()) shape.share = shares[i] as number
    return keepsOrder
  }

  private allShapes(): Shape[] {
    const all: Shape[] = []
    for (const first of this.shapes.values())
      for (let shape: Shape | undefined = first; shape; shape = shape.next) all.push(shape)
    return all
  }

  private sortAll(): void {
    for (const competitor of this.order) this.place(competitor)
    this.order.sort(compare)
  }

  private reposition(competitor: C): void {
    this.take(competitor)
    this.place(competitor)
    this.insert(competitor)
  }

  private place(competitor: C): void {
    const { place } = competitor
    if (!place) return
    const before = place.shape
    place.count = competitor.count
    place.shape = this.join(competitor)
    this.leave(before)
  }

  private join(competitor: C): Shape {
    const hash = hashOf(competitor)
    const first = this.shapes.get(hash)
    for (let shape = first; shape; shape = shape.next) {
      if (!hasShape(competitor, shape)) continue
      shape.members++
      return shape
    }
    const { weight, allocated } = competitor
    const share = dominantShare(competitor, this.total)
    const shape: Shape = { hash, allocated: [...allocated], weight, members: 1, share, next: first }
    this.shapes.set(hash, shape)
    return shape
  }

  private leave(shape: Shape): void {
    if (--shape.members > 0) return
    const first = this.shapes.get(shape.hash)
    if (first !== shape) {
      let before = first
      while (before && before.next !== shape) before = before.next
      if (before) before.next = shape.next
    } else if (shape.next) this.shapes.set(shape.hash, shape.next)
    else this.shapes.delete(shape.hash)
  }

  private insert(competitor: C): void {
    this.order.splice(this.search(competitor), 0, competitor)
  }

  private take(competitor: C): void {
    const at = this.search(competitor)
    if (this.order[at] === competitor) this.order.splice(at, 1)
  }

  /** The first position whose competitor does not come before this one. */
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

function hashOf({ allocated, weight }: Competitor): number {
  let hash = Math.imul(weight * 1000, 0x9e3779b1)
  for (const milli of allocated) hash = Math.imul(hash ^ milli ^ (milli / 2 ** 32), 0x01000193)
  return hash
}

function hasShape({ allocated, weight }: Competitor, shape: Shape): boolean {
  if (weight !== shape.weight || allocated.length !== shape.allocated.length) return false
  for (let i = 0; i < allocated.length; i++) if (allocated[i] !== shape.allocated[i]) return false
  return true
}

function compare(left: Competitor, right: Competitor): number {
  const a = left.place
  const b = right.place
  if (!a || !b) throw new BrokenInvariant('put in order without a place', { paths: [left.path, right.path] })
  if (a.shape.share !== b.shape.share) return a.shape.share - b.shape.share
  if (a.count !== b.count) return a.count - b.count
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0
}
