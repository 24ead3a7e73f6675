import { ageEncodings } from '@thermosphere/master-core'
import { MASTER_LIMITS } from '../limits.ts'

/** Drops what was encoded for answers that nobody asks for any more. */
export function startAgeing(afterMs: number = MASTER_LIMITS.encodingsAgeMs): { close(): void } {
  const timer = setTimeout(() => {
    ageEncodings()
    timer.refresh()
  }, afterMs)
  timer.unref()
  return { close: () => clearTimeout(timer) }
}
