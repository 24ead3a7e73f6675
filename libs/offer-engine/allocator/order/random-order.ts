import { drawn } from './lots.ts'
import type { Competitor, Lots, Order } from './order.ts'
import { byPath, insertSorted, removeSorted } from './sorted-list.ts'

/** Competitors by lot, drawn anew each time; a weight of two has twice the chance to come next. */
export class RandomOrder<C extends Competitor> implements Order<C> {
  /** By path, so that the same lots give the same order. */
  private readonly competitors: C[] = []

  get size(): number {
    return this.competitors.length
  }

  add(competitor: C): void {
    insertSorted(this.competitors, competitor, byPath)
  }

  remove(competitor: C): void {
    removeSorted(this.competitors, competitor, byPath)
  }

  touch(): void {
    // What a competitor has makes no difference, and its weight is read when lots are drawn.
  }

  sorted(lots: Lots, level: string): Iterable<C> {
    return this.competitors.length === 1 ? this.competitors : drawn(this.competitors, lots(level))
  }
}
