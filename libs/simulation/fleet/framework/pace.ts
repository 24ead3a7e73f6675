/** Lets so many a second through, evenly; what a busy moment kept back comes within the next second. */
export class Pace {
  readonly #perMs: number
  readonly #now: () => number
  #due = 0
  #lookedAt: number

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perMs = perSecond / 1000
    this.#now = now
    this.#lookedAt = now()
  }

  /** How many may go now. */
  available(): number {
    const now = this.#now()
    this.#due = Math.min(this.#due + (now - this.#lookedAt) * this.#perMs, Math.max(1, this.#perMs * 1000))
    this.#lookedAt = now
    return Math.floor(this.#due)
  }

  /** So many have gone. */
  spend(count: number): void {
    this.#due -= count
  }
}
