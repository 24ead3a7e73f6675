/**
 * This process among the masters: it campaigns, leads for a term, loses or gives up the lead, and campaigns again.
 * Agents that come while it does not lead are told who does.
 */
import type { mesos } from '@thermosphere/protocol'
import { Candidate } from '@thermosphere/store'
import type { Leadership } from '@thermosphere/store'
import type { ConnectionInjector } from '@grpc/grpc-js'
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
  #leader: string | undefined
  #changedAt = performance.now()

  constructor(options: SeatOptions) {
    this.#options = options
    const { parts, onFatal } = options
    this.#candidate = new Candidate({
      store: parts.store,
      name: MASTER_LIMITS.leaderName,
      ttlMs: parts.config.zk_session_timeout,
      open: (leadership, end) => this.#open(leadership, end),
      onLeader: (leader) => this.#onLeader(leader),
      onElected: (leadership) => this.#onElected(leadership),
      onResigned: (leadership) => this.#onResigned(leadership),
      onFailed: (err) => parts.logger.warn({ err }, 'leader.failed'),
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
  get links(): ConnectionInjector {
    return this.loop?.links.injector ?? this.#standby.injector
  }

  get leading(): Leading {
    const { address } = this.#options
    if (this.loop !== undefined) return { state: 'here', leader: address }
    if (this.#isOpening) return { state: 'recovering', leader: address }
    const { leader } = this.#candidate
    // Our own election may be known here for a moment longer than it lasts.
    return leader === undefined || leader === address ? { state: 'nobody' } : { state: 'elsewhere', leader }
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

  #onElected({ token, lost }: Leadership): void {
    this.#isOpening = true
    this.#tell('leader.elected', { leader: this.#options.address, term: token })
    lost.addEventListener('abort', () => this.#tell('leader.lost', { term: token, reason: reasonOf(lost) }))
  }

  #onResigned({ token }: Leadership): void {
    this.#isOpening = false
    this.#standby.announce(this.#leader === this.#options.address ? undefined : this.#leader)
    this.#tell('term.closed', { term: token })
  }

  #onLeader(leader: string | undefined): void {
    const before = this.#leader
    this.#leader = leader
    if (leader === this.#options.address) return
    this.#standby.announce(leader)
    if (leader !== undefined) this.#tell('leader.followed', { leader })
    else if (before !== undefined) this.#tell('leader.gone', { leader: before })
  }

  /** Each of these events has the time since the one before: what a failover is made of. */
  #tell(event: string, fields: object): void {
    const now = performance.now()
    this.#options.parts.logger.info({ ...fields, durationMs: Math.round(now - this.#changedAt) }, event)
    this.#changedAt = now
  }
}

const reasonOf = ({ reason }: AbortSignal): string => (reason instanceof Error ? reason.message : String(reason))
