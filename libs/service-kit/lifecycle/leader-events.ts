import { errorMessage } from '@thermosphere/effects'
import type { Logger } from './logger.ts'

type Elected = { readonly token: number; readonly lost: AbortSignal }

/**
 * Tells the log of a process that shares its work with others who leads; for the options of a candidate, which gives
 * others its `address`. Each event has the time since the one before: what a change of leaders is made of.
 */
export function leaderEvents(logger: Logger, address: () => string) {
  let changedAt = performance.now()
  let leader: string | undefined
  const tell = (event: string, fields: object): void => {
    const now = performance.now()
    logger.info({ ...fields, durationMs: Math.round(now - changedAt) }, event)
    changedAt = now
  }
  return {
    onElected: ({ token, lost }: Elected): void => {
      tell('leader.elected', { leader: address(), term: token })
      lost.addEventListener('abort', () => tell('leader.lost', { term: token, reason: errorMessage(lost.reason) }))
    },
    onResigned: ({ token }: Elected): void => tell('term.closed', { term: token }),
    onLeader: (next: string | undefined): void => {
      const before = leader
      leader = next
      if (next === address()) return
      if (next !== undefined) tell('leader.followed', { leader: next })
      else if (before !== undefined) tell('leader.gone', { leader: before })
    },
    onFailed: (err: unknown): void => logger.warn({ err }, 'leader.failed'),
  }
}
