/**
 * This process among the masters: it campaigns, leads for a term, loses or gives up the lead, and campaigns again.
 * Agents that come while it does not lead are told who does.
 */
import type { mesos } from '@thermosphere/protocol'
import { leaderEvents } from '@thermosphere/service-kit'
import { Candidate } from '@thermosphere/store'
import type { Leadership } from '@thermosphere/store'
import type { LinkAcceptor } from '@thermosphere/protocol/node'
import type { Leading } from '../http/standby.ts'
import { MASTER_LIMITS } from '../limits.ts'
import { openTerm } from '../term.ts'
import type { MasterTerm, TermOptions } from '../term.ts'
import { StandbyLinks } from './agent-link/standby-links.ts'
import type { MasterLoop } from './loop/master-loop.ts'

export type SeatOptions = {
  readonly parts: Omit<TermOptions, 'leadership' | 'info' | 'end'>
  /** `host:port` at which others reach this process. */
  readonly address: string
  /** A new description for each term. */
  readonly info: () => mesos.MasterInfo
  readonly onFatal: (error: unknown) => void
}

export class Seat {
  readonly #options: SeatOptions
  readonly #standby = new StandbyLinks()
  readonly #candidate: Candidate<MasterTerm>
  #isOpening = false

  constructor(options: SeatOptions) {
    this.#options = options
    const { parts, address, onFatal } = options
    const events = leaderEvents(parts.logger, () => address)
    this.#candidate = new Candidate({
      store: parts.store,
      name: MASTER_LIMITS.leaderName,
      ttlMs: parts.config.zk_session_timeout,
      open: (leadership, end) => this.#open(leadership, end),
      ...events,
      onLeader: (leader) => {
        if (leader !== address) this.#standby.announce(leader)
        events.onLeader(leader)
      },
      onElected: (leadership) => {
        this.#isOpening = true
        events.onElected(leadership)
      },
      onResigned: (leadership) => {
        this.#isOpening = false
        this.#standby.announce(this.#other)
        events.onResigned(leadership)
      },
      onFatal,
    })
  }

  start(): void {
    this.#candidate.start(this.#options.address)
  }

  /** The core of this process while it leads. */
  get loop(): MasterLoop | undefined {
    return this.#candidate.term?.loop
  }

  /** Where a new link of an agent belongs. */
  get links(): LinkAcceptor {
    return this.loop?.links.acceptor ?? this.#standby.acceptor
  }

  get leading(): Leading {
    const { address } = this.#options
    if (this.loop !== undefined) return { state: 'here', leader: address }
    if (this.#isOpening) return { state: 'recovering', leader: address }
    const leader = this.#other
    return leader === undefined ? { state: 'nobody' } : { state: 'elsewhere', leader }
  }

  /** Another process that leads. Our own election may be known here for a moment longer than it lasts. */
  get #other(): string | undefined {
    const { leader } = this.#candidate
    return leader === this.#options.address ? undefined : leader
  }

  async close(): Promise<void> {
    await this.#candidate.close()
    this.#standby.close()
  }

  async #open(leadership: Leadership, end: (error?: unknown) => void): Promise<MasterTerm> {
    const { parts, info, address } = this.#options
    const term = await openTerm({ ...parts, leadership, info: info(), end })
    // Lost while it was read: the candidate has gone on without it.
    if (leadership.lost.aborted) return term
    this.#isOpening = false
    // By the time an agent follows this, the term is there.
    this.#standby.announce(address)
    return term
  }
}
