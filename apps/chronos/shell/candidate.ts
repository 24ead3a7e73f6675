/**
 * Who leads of several Chronos on one store. The elected one serves; the others hand requests on to it and wait.
 * Losing leadership ends the term, not the process. Writes of a term are fenced by its leadership.
 */
import type { Background, Logger } from '@thermosphere/service-kit'
import type { Leadership, Store } from '@thermosphere/store'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { forward } from '../http/forward.ts'
import { leaderName, leaderTtlMs } from '../limits.ts'

/** What the leader runs, from election to loss. */
export type Term = {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  readonly close: () => Promise<void>
}

export type CandidateOptions = {
  readonly store: Store
  readonly logger: Logger
  readonly background: Background
  /** `end` gives leadership up, for a term that found out that it was deposed. */
  readonly open: (leadership: Leadership, end: () => void) => Promise<Term>
  /** A term could not be opened or closed: nobody can continue. */
  readonly onFatal: (error: unknown) => void
}

export class Candidate {
  readonly #options: CandidateOptions
  readonly #closing = new AbortController()
  #term: Term | undefined
  #leader: string | undefined
  #campaign: Promise<void> | undefined

  constructor(options: CandidateOptions) {
    this.#options = options
  }

  /** Base URL of the leader, of this process or another. */
  get leader(): string | undefined {
    return this.#leader
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (this.#term === undefined) forward(request, response, this.#leader)
    else this.#term.handle(request, response)
  }

  /** `url` is where others reach this process. */
  start(url: string): void {
    this.#options.background.run('leader.observe', this.#observe())
    this.#campaign ??= this.#run(url).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#options.onFatal(error)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#campaign
  }

  async #observe(): Promise<void> {
    for await (const view of this.#options.store.observeLeader(leaderName, { signal: this.#closing.signal })) {
      this.#leader = view?.value
    }
  }

  async #run(url: string): Promise<void> {
    const { store, logger, open } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      const leadership = await store.campaign(leaderName, { value: url, ttlMs: leaderTtlMs, signal })
      logger.info({ token: leadership.token }, 'leader.elected')
      const deposed = new AbortController()
      this.#leader = url
      const term = await open(leadership, () => deposed.abort())
      this.#term = term
      await aborted(AbortSignal.any([leadership.lost, deposed.signal, signal]))
      this.#term = undefined
      await term.close()
      await leadership.resign()
      logger.info({ token: leadership.token }, 'leader.resigned')
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
