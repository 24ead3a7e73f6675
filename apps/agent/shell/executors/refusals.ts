import type { Logger } from '@thermosphere/service-kit'
import { LIMITS } from '../../limits.ts'

export type Refusal = { readonly from: string; readonly message: string; readonly reason: string }

/** Messages that were refused, in the log: no more lines than whoever sends them should be able to write. */
export class Refusals {
  readonly #log: Pick<Logger, 'warn'>
  readonly #now: () => number
  #begunAt = -Infinity
  #toldCount = 0
  #untoldCount = 0

  constructor(log: Pick<Logger, 'warn'>, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
  }

  tell(refusal: Refusal): void {
    const now = this.#now()
    if (now - this.#begunAt >= LIMITS.refusalsToldMs) {
      this.#begunAt = now
      this.#toldCount = 0
    }
    if (this.#toldCount >= LIMITS.refusalsToldMax) {
      this.#untoldCount++
      return
    }
    this.#toldCount++
    const untold = this.#untoldCount > 0 ? { untoldCount: this.#untoldCount } : {}
    this.#untoldCount = 0
    this.#log.warn({ ...refusal, ...untold }, 'executor.message.refused')
  }
}
