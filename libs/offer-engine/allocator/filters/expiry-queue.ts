import type { Millis } from '@thermosphere/effects'

interface Expiring {
  readonly expiresAt: Millis
  live: boolean
}

/** So many dead entries may wait for their time beside as many as live. */
const deadEntriesMax = 1024

/**
 * What ends at a time, in order of that time. Those that end at the same moment, as all that one step of a framework
 * declined, share a place in the heap.
 */
export class ExpiryQueue<T extends Expiring> {
  private readonly moments = new Map<Millis, T[]>()
  /** A binary heap, the earliest first. */
  private heap: Millis[] = []
  private entryCount = 0

  add(entry: T): void {
    this.entryCount++
    const known = this.moments.get(entry.expiresAt)
    if (known) {
      known.push(entry)
      return
    }
    this.moments.set(entry.expiresAt, [entry])
    this.push(entry.expiresAt)
  }

  /** One entry whose time has come; it leaves the queue. */
  takeDue(now: Millis): T | undefined {
    for (let at = this.heap[0]; at !== undefined && at <= now; at = this.heap[0]) {
      const entry = this.moments.get(at)?.pop()
      if (entry) {
        this.entryCount--
        return entry
      }
      this.moments.delete(at)
      this.pop()
    }
    return undefined
  }

  /** Forgets entries that died before their time, once they are many. */
  compact(liveCount: number): void {
    if (this.entryCount <= 2 * liveCount + deadEntriesMax) return
    const live = [...this.moments.values()].flat().filter((entry) => entry.live)
    this.moments.clear()
    this.heap = []
    this.entryCount = 0
    for (const entry of live) this.add(entry)
  }

  private push(at: Millis): void {
    const { heap } = this
    let i = heap.push(at) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if ((heap[parent] as number) <= at) break
      heap[i] = heap[parent] as number
      i = parent
    }
    heap[i] = at
  }

  private pop(): void {
    const { heap } = this
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++
      if ((heap[child] as number) >= last) break
      heap[i] = heap[child] as number
      i = child
    }
    heap[i] = last
  }
}
