/**
 * The policy that dials again: follows redirects, goes through the known addresses, waits with jittered exponential
 * backoff between attempts, and starts over at the shortest wait once a subscription has proven stable.
 */
import { createBackoff, delay } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'
import type { StreamOutcome } from './event-stream.ts'
import { REDIRECTS_MAX, STABLE_MS } from './limits.ts'

export type RedialOptions = {
  readonly addresses: readonly [URL, ...URL[]]
  readonly backoff: BackoffOptions
  readonly signal: AbortSignal
  /** One attempt. */
  readonly dial: (address: URL) => Promise<StreamOutcome>
  /** May refuse a further attempt by returning false. */
  readonly onLost: (outcome: StreamOutcome & { readonly type: 'ended' | 'try-again' }) => boolean
}

/** Runs until the signal aborts, `onLost` refuses, or an attempt is refused for good, which is the result. */
export async function redial(options: RedialOptions): Promise<(StreamOutcome & { type: 'give-up' }) | undefined> {
  const { addresses, signal, dial, onLost } = options
  const backoff = createBackoff(options.backoff)
  let index = 0
  let redirects = 0
  let leader: URL | undefined

  while (!signal.aborted) {
    const startedAt = performance.now()
    const outcome = await dial(leader ?? addresses[index % addresses.length] ?? addresses[0])
    if (signal.aborted) return undefined
    if (outcome.type === 'give-up') return outcome
    if (outcome.type === 'moved') {
      leader = outcome.to
      redirects += 1
      if (redirects <= REDIRECTS_MAX) continue
    } else {
      if (!onLost(outcome)) return undefined
      leader = undefined
      if (outcome.type === 'ended' && performance.now() - startedAt >= STABLE_MS) backoff.reset()
      if (outcome.type === 'try-again') index += 1
    }
    redirects = 0
    await delay(backoff.next(), signal)
  }
  return undefined
}
