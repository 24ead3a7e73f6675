import { LogAllowance } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import { LIMITS } from '../../limits.ts'

export type Refusal = { readonly from: string; readonly message: string; readonly reason: string }

/** Messages that were refused, in the log. */
export class Refusals {
  readonly #log: Pick<Logger, 'warn'>
  readonly #allowance: LogAllowance

  constructor(log: Pick<Logger, 'warn'>, now?: () => number) {
    this.#log = log
    this.#allowance = new LogAllowance({ max: LIMITS.refusalsToldMax, ms: LIMITS.refusalsToldMs }, now)
  }

  tell(refusal: Refusal): void {
    const untoldCount = this.#allowance.take()
    if (untoldCount === undefined) return
    this.#log.warn({ ...refusal, ...(untoldCount > 0 && { untoldCount }) }, 'executor.message.refused')
  }
}
