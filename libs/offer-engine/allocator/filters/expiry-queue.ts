import { Heap } from '@thermosphere/effects'
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
  /** The earliest first. */
  private readonly times = new Heap<Millis>((a, b) => a < b)
  private entryCount = 0

  add(entry: T): void {
    this.entryCount++
    const known = this.moments.get(entry.expiresAt)
    if (known) {
      known.push(entry)
      return
    }
    this.moments.set(entry.expiresAt, [entry])
    this.times.push(entry.expiresAt)
  }

  /** One entry whose time has come; it leaves the queue. */
  takeDue(now: Millis): T | undefined {
    for (let at = this.times.first; at !== undefined && at <= now; at = this.times.first) {
      const entry = this.moments.get(at)?.pop()
      if (entry) {
        this.entryCount--
        return entry
      }
      this.moments.delete(at)
      this.times.pop()
    }
    return undefined
  }

  /** Forgets entries that died before their time, once they are many. */
  compact(liveCount: number): void {
    if (this.entryCount <= 2 * liveCount + deadEntriesMax) return
    const live = [...this.moments.values()].flat().filter((entry) => entry.live)
    this.moments.clear()
    this.times.clear()
    this.entryCount = 0
    for (const entry of live) this.add(entry)
  }
}
