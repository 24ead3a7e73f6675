/**
 * Who leads of several processes on one store. The elected one opens a term; the others wait and know who leads.
 *
 *   campaign -> open(leadership, end) -> term -> lost, ended or closing -> term.close() -> resign -> campaign ...
 *
 * Losing leadership ends the term, not the process. So does a store that fails in a way that passes: not reached,
 * full, of unknown outcome, restored. The next term reads the whole state anew. Whatever else fails is fatal: corrupt
 * values above all, which another term would find as well.
 * Writes of a term are fenced by its leadership (fencedPersist), so a term that is slow to close does no harm.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isPassingStoreError } from '../errors.ts'
import { CANDIDATE_LIMITS } from '../limits.ts'
import type { Leadership, LeaderView, Operation, Store } from '../store.ts'

/** What the leader runs, from election to loss. */
export type Term = { readonly close: () => Promise<void> }

/** Where a candidate waits; a simulation gives it virtual time. */
export type CandidateClock = {
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Resolves after that long, or as soon as the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** In [0, 1). */
  readonly random: () => number
}

const realClock: CandidateClock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
  random: () => Math.random(),
}

export type CandidateOptions<T extends Term> = {
  readonly store: Store
  /** Processes of one name elect one leader. */
  readonly name: string
  /** A leader that does not renew for that long is replaced. */
  readonly ttlMs: number
  /**
   * Reads the state and begins to lead. `end` ends the term: without an error, with Deposed or with a store's failure
   * that passes this process campaigns again; any other error is fatal.
   */
  readonly open: (leadership: Leadership, end: (error?: unknown) => void) => Promise<T>
  /** Every change of `leader`. */
  readonly onLeader?: (leader: string | undefined) => void
  readonly onElected?: (leadership: Leadership) => void
  readonly onResigned?: (leadership: Leadership) => void
  /** A campaign, a term or the watch of the leader failed in a way that passes; it is tried again. */
  readonly onFailed?: (error: unknown) => void
  /** Nobody can continue; called once. */
  readonly onFatal: (error: unknown) => void
  /** How long a term may take to close once it has lost leadership; default `CANDIDATE_LIMITS.closeTimeoutMs`. */
  readonly closeTimeoutMs?: number
  /** Default: the machine's own. */
  readonly clock?: CandidateClock
}

/** A write was refused because somebody else was elected. */
export class Deposed extends Error {
  constructor(name: string) {
    super(`${name}: another process was elected`)
    this.name = 'Deposed'
  }
}

/** One process that wants to lead. */
export class Candidate<T extends Term> {
  readonly #options: CandidateOptions<T>
  readonly #closing = new AbortController()
  readonly #clock: CandidateClock
  #term: T | undefined
  /** What this process told when it was elected, while it leads. */
  #leading: string | undefined
  #observed: LeaderView | undefined
  #endedToken = 0
  #told: string | undefined
  #work: Promise<unknown> = Promise.resolve()

  constructor(options: CandidateOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? realClock
  }

  /** What the leader gave to `start`, of this process or another; undefined while nobody is known to lead. */
  get leader(): string | undefined {
    return this.#leading ?? this.#observed?.value
  }

  /** Set while this process leads and its term is open. */
  get term(): T | undefined {
    return this.#term
  }

  /** `value` tells others who leads: the address where this process is reached. */
  start(value: string): void {
    const guard = (error: unknown): void => {
      const isFirst = !this.#closing.signal.aborted
      this.#closing.abort()
      if (isFirst) this.#options.onFatal(error)
    }
    this.#work = Promise.all([
      this.#repeat(() => this.#observe()).catch(guard),
      this.#repeat(() => this.#leadOnce(value)).catch(guard),
    ])
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#work
  }

  /** Until closed: after a failure that passes, again, later each time. Rejects with any other failure. */
  async #repeat(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing
    let delayMs: number = CANDIDATE_LIMITS.retryDelayMs
    while (!signal.aborted) {
      const startedAt = this.#clock.now()
      try {
        await work()
        delayMs = CANDIDATE_LIMITS.retryDelayMs
      } catch (error) {
        if (signal.aborted) return
        if (!isPassing(error)) throw error
        this.#options.onFailed?.(error)
        // What has worked for a while before it failed is tried again soon.
        if (this.#clock.now() - startedAt > CANDIDATE_LIMITS.provenMs) delayMs = CANDIDATE_LIMITS.retryDelayMs
        await this.#clock.sleep(delayMs * (0.5 + this.#clock.random() / 2), signal)
        delayMs = Math.min(CANDIDATE_LIMITS.retryDelayMsMax, delayMs * 2)
      }
    }
  }

  async #observe(): Promise<void> {
    const { store, name } = this.#options
    try {
      for await (const view of store.observeLeader(name, { signal: this.#closing.signal })) {
        // Our own end is known here before the store tells of it.
        this.#observed = view !== undefined && view.token > this.#endedToken ? view : undefined
        this.#tellLeader()
      }
    } finally {
      this.#observed = undefined
      this.#tellLeader()
    }
  }

  #tellLeader(): void {
    if (this.leader === this.#told) return
    this.#told = this.leader
    this.#options.onLeader?.(this.leader)
  }

  async #leadOnce(value: string): Promise<void> {
    const { store, name, ttlMs, onElected, onResigned } = this.#options
    const leadership = await store.campaign(name, { value, ttlMs, signal: this.#closing.signal })
    onElected?.(leadership)
    this.#leading = value
    this.#tellLeader()
    try {
      await this.#serve(leadership)
    } finally {
      this.#ended(leadership)
      await leadership.resign()
      onResigned?.(leadership)
    }
  }

  /** From election to loss; rejects with what ended the term, if that was a failure. */
  async #serve(leadership: Leadership): Promise<void> {
    const ended = Promise.withResolvers<void>()
    const over = AbortSignal.any([leadership.lost, this.#closing.signal])
    const opening = this.#options.open(leadership, (error) =>
      error === undefined ? ended.resolve() : ended.reject(error),
    )
    const end = Promise.race([ended.promise, aborted(over)])
    // Told below; a term may also end before it is open.
    end.catch(() => undefined)
    const term = await this.#opened(opening, end)
    if (term === undefined) return
    this.#term = term
    try {
      await end
    } finally {
      this.#ended(leadership)
      await this.#closeTerm(term)
    }
  }

  /** From here on nobody is led by this process, whatever the store still tells of it. */
  #ended({ token }: Leadership): void {
    this.#term = undefined
    this.#leading = undefined
    this.#endedToken = Math.max(this.#endedToken, token)
    if (this.#observed !== undefined && this.#observed.token <= this.#endedToken) this.#observed = undefined
    this.#tellLeader()
  }

  /** The open term; undefined when leadership ended first, in which case the term is closed once it is open. */
  async #opened(opening: Promise<T>, end: Promise<void>): Promise<T | undefined> {
    let term: T | undefined
    try {
      term = (await Promise.race([opening, end])) ?? undefined
    } finally {
      // It may hang on a store that does not answer. Its outcome concerns nobody any more.
      if (term === undefined) void opening.then((late) => this.#closeTerm(late)).catch(() => undefined)
    }
    return term
  }

  /** A term that hangs is left behind: it has lost leadership, so it can write nothing. */
  async #closeTerm(term: T): Promise<void> {
    const timer = new AbortController()
    const ms = this.#options.closeTimeoutMs ?? CANDIDATE_LIMITS.closeTimeoutMs
    const closing = term.close()
    closing.catch(() => undefined)
    try {
      await Promise.race([closing, this.#clock.sleep(ms, timer.signal)])
    } catch (error) {
      // What ended the term is told by itself; that the store also failed to take its last writes adds nothing.
      if (!isPassing(error)) throw error
    } finally {
      timer.abort()
    }
  }
}

/** Writes as one, or rejects: with Deposed once somebody else was elected. */
export async function fencedPersist(
  store: Pick<Store, 'transact'>,
  { leadership, operations }: { readonly leadership: Leadership; readonly operations: readonly Operation[] },
): Promise<void> {
  const result = await store.transact({ conditions: [{ type: 'leader', leadership }], operations })
  if (!result.applied) throw new Deposed(leadership.name)
}

const isPassing = (error: unknown): boolean => error instanceof Deposed || isPassingStoreError(error)

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
