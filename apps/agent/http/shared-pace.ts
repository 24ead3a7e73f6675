import { setTimeout as sleep } from 'node:timers/promises'

/** Does a work at most once in an interval: who comes too early waits for the next, and shares it with all who wait. */
export class SharedPace<T> {
  readonly #intervalMs: number
  #next: Promise<T> | undefined
  #startedAt = -Infinity

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  run(work: () => Promise<T>): Promise<T> {
    this.#next ??= this.#begin(work)
    return this.#next
  }

  async #begin(work: () => Promise<T>): Promise<T> {
    await sleep(Math.max(0, this.#startedAt + this.#intervalMs - performance.now()))
    this.#next = undefined
    this.#startedAt = performance.now()
    return await work()
  }
}
