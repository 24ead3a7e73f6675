/** Dials again whenever an attempt has ended: whom and when is the finder's to say. */
import { parseAddress } from './addresses.ts'
import type { StreamOutcome } from '../event-stream.ts'
import { STABLE_MS } from '../limits.ts'
import { LeaderFinder } from './leader-finder.ts'
import type { Attempted, LeaderFinderOptions } from './leader-finder.ts'

export type RedialOptions = LeaderFinderOptions & {
  /** One attempt; `superseded` aborts when the server is known not to lead any more. */
  readonly dial: (address: URL, superseded: AbortSignal) => Promise<StreamOutcome>
  /** May refuse a further attempt by returning false. */
  readonly onLost: (outcome: StreamOutcome & { readonly type: 'ended' | 'try-again' }) => boolean
}

/** Runs until the signal aborts, `onLost` refuses, or an attempt is refused for good, which is the result. */
export async function redial(options: RedialOptions): Promise<(StreamOutcome & { type: 'give-up' }) | undefined> {
  const { signal, dial, onLost } = options
  const finder = new LeaderFinder(options)
  let attempt = await finder.next()
  while (attempt !== undefined) {
    const startedAt = performance.now()
    const outcome = await dial(parseAddress(attempt.address, '/'), attempt.superseded)
    if (signal.aborted) return undefined
    if (outcome.type === 'give-up') return outcome
    if (outcome.type !== 'moved' && !onLost(outcome)) return undefined
    attempt = await finder.next(attempted(outcome, performance.now() - startedAt))
  }
  return undefined
}

function attempted(outcome: Exclude<StreamOutcome, { type: 'give-up' }>, lastedMs: number): Attempted {
  if (outcome.type === 'moved') return { type: 'moved', to: outcome.to.origin }
  return outcome.type === 'ended' ? { type: 'lost', wasStable: lastedMs >= STABLE_MS } : { type: 'failed' }
}
