import type { Logger } from './logger.ts'

type Elected = { readonly token: number }

/**
 * Tells the log of a process that shares its work with others who leads; for the options of a candidate. Each event
 * has the time since the one before: what a change of leaders is made of.
 */
export function leaderEvents(logger: Logger) {
  let changedAt = performance.now()
  const tell = (event: string, fields: object): void => {
    const now = performance.now()
    logger.info({ ...fields, durationMs: Math.round(now - changedAt) }, event)
    changedAt = now
  }
  return {
    onElected: ({ token }: Elected) => tell('leader.elected', { term: token }),
    onResigned: ({ token }: Elected) => tell('leader.resigned', { term: token }),
    onLeader: (leader: string | undefined) => tell(leader === undefined ? 'leader.gone' : 'leader.known', { leader }),
    onFailed: (err: unknown) => logger.warn({ err }, 'leader.failed'),
  }
}
