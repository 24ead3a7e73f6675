/** For lines of the log that others cause: no more of them than whoever is outside should be able to write. */
export class LogAllowance {
  readonly #max: number
  readonly #ms: number
  readonly #now: () => number
  #begunAt = -Infinity
  #toldCount = 0
  #untoldCount = 0

  /** `max` lines within `ms` milliseconds. */
  constructor({ max, ms }: { readonly max: number; readonly ms: number }, now: () => number = () => performance.now()) {
    this.#max = max
    this.#ms = ms
    this.#now = now
  }

  /** How many lines were left out since the last one; undefined when this one is left out as well. */
  take(): number | undefined {
    const now = this.#now()
    if (now - this.#begunAt >= this.#ms) {
      this.#begunAt = now
      this.#toldCount = 0
    }
    if (this.#toldCount >= this.#max) {
      this.#untoldCount++
      return undefined
    }
    this.#toldCount++
    const untoldCount = this.#untoldCount
    this.#untoldCount = 0
    return untoldCount
  }
}
