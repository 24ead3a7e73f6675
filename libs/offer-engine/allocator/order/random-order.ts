import { drawn } from './lots.ts'
import type { Competitor, Lots, Order } from './order.ts'

/** Competitors by lot, drawn anew each time; a weight of two has twice the chance to come next. */
export class RandomOrder<C extends Competitor> implements Order<C> {
  /** By path, so that the same lots give the same order. */
  private readonly competitors: C[] = []

  get size(): number {
    return this.competitors.length
  }

  add(competitor: C): void {
    this.competitors.splice(this.search(competitor), 0, competitor)
  }

  remove(competitor: C): void {
    const at = this.search(competitor)
    if (this.competitors[at] === competitor) this.competitors.splice(at, 1)
  }

  touch(): void {
    // What a competitor has makes no difference, and its weight is read when lots are drawn.
  }

  sorted(lots: Lots, level: string): Iterable<C> {
    return this.competitors.length === 1 ? this.competitors : drawn(this.competitors, lots(level))
  }

  private search({ path }: C): number {
    let low = 0
    let high = this.competitors.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.competitors[middle] as C).path < path) low = middle + 1
      else high = middle
    }
    return low
  }
}
