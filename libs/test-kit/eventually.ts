/** Retry-until assertions: what is asked for must come true in time, however long it takes. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Machines that build are slow. */
const patienceMs = 30_000
const pollMs = 50

type Answer<T> = T | undefined | false

/** Resolves with the first value of `probe` that is neither undefined nor false; rejects with its last error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<Answer<T>> | Answer<T>,
  timeoutMs: number = patienceMs,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let last: unknown
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last })
    await sleep(pollMs)
  }
}
