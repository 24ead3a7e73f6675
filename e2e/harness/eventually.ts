/** Retry-until assertions: what is asked for must come true in time, however long it takes. */
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves with the first value of `probe` that is neither undefined nor false; rejects with its last error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last })
    await delay(50)
  }
}
