import { LINK_READ_SLICE_MS, LINK_RECHECK_MS } from './limits.ts'

/** Somebody with something to read: reads a little of it, and says whether there is more. */
export type Reader = () => boolean

/**
 * Who reads when: the event loop hands thousands of connections over in one turn, and to decode what they all say would
 * take seconds of it. So each turn has a bounded time for reading, one reader after the other, and none while those who
 * are to hear it are behind: what waits as bytes costs far less than what waits decoded.
 */
export class ReadTurns {
  readonly #isBehind: () => boolean
  #waiting: Reader[] = []
  #isDue = false
  #isClosed = false

  constructor(isBehind: () => boolean = () => false) {
    this.#isBehind = isBehind
  }

  add(reader: Reader): void {
    if (this.#isClosed) return
    this.#waiting.push(reader)
    this.#schedule()
  }

  /** Nobody reads any more: who was behind may never catch up. */
  close(): void {
    this.#isClosed = true
    this.#waiting = []
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#run())
  }

  #run(): void {
    this.#isDue = false
    const deadline = performance.now() + LINK_READ_SLICE_MS
    const again: Reader[] = []
    let count = 0
    for (; count < this.#waiting.length && !this.#isBehind(); count++) {
      const reader = this.#waiting[count]
      if (reader?.() === true) again.push(reader)
      if (performance.now() >= deadline) {
        count++
        break
      }
    }
    if (this.#isClosed) return
    this.#waiting = count === this.#waiting.length ? again : [...this.#waiting.slice(count), ...again]
    if (this.#waiting.length === 0) return
    if (!this.#isBehind()) return this.#schedule()
    // Whoever is behind may wait for its disk: to look in every turn would keep a core busy.
    this.#isDue = true
    setTimeout(() => this.#run(), LINK_RECHECK_MS)
  }
}
