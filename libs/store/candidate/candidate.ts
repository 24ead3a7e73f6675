/**
 * Who leads of several processes on one store. The elected one opens a term; the others wait and know who leads.
 * Losing leadership ends the term, not the process. Writes of a term are fenced by its leadership (fencedPersist).
 */
import type { Leadership, Operation, Store } from '../store.ts'

/** What the leader runs, from election to loss. */
export type Term = { readonly close: () => Promise<void> }

export type CandidateOptions<T extends Term> = {
  readonly store: Store
  /** Processes of one name elect one leader. */
  readonly name: string
  /** A leader that does not renew for that long is replaced. */
  readonly ttlMs: number
  /** `end` gives leadership up, for a term that found out that it was deposed. */
  readonly open: (leadership: Leadership, end: () => void) => Promise<T>
  /** Every change of who leads, this process included. */
  readonly onLeader?: (leader: string | undefined) => void
  readonly onElected?: (leadership: Leadership) => void
  readonly onResigned?: (leadership: Leadership) => void
  /** A term could not be opened or closed, or the store failed: nobody can continue. */
  readonly onFatal: (error: unknown) => void
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
  #term: T | undefined
  #leader: string | undefined
  #work: Promise<unknown> = Promise.resolve()

  constructor(options: CandidateOptions<T>) {
    this.#options = options
  }

  /** What the leader gave to `start`, of this process or another. */
  get leader(): string | undefined {
    return this.#leader
  }

  /** Set while this process leads. */
  get term(): T | undefined {
    return this.#term
  }

  /** `value` tells others who leads: the address where this process is reached. */
  start(value: string): void {
    const guard = (error: unknown): void => {
      if (!this.#closing.signal.aborted) this.#options.onFatal(error)
    }
    this.#work = Promise.all([this.#observe().catch(guard), this.#run(value).catch(guard)])
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#work
  }

  async #observe(): Promise<void> {
    const { store, name, onLeader } = this.#options
    for await (const view of store.observeLeader(name, { signal: this.#closing.signal })) {
      this.#leader = view?.value
      onLeader?.(this.#leader)
    }
  }

  async #run(value: string): Promise<void> {
    const { store, name, ttlMs, open, onElected, onResigned } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      const leadership = await store.campaign(name, { value, ttlMs, signal })
      onElected?.(leadership)
      const deposed = new AbortController()
      this.#leader = value
      const term = await open(leadership, () => deposed.abort())
      this.#term = term
      await aborted(AbortSignal.any([leadership.lost, deposed.signal, signal]))
      this.#term = undefined
      await term.close()
      await leadership.resign()
      onResigned?.(leadership)
    }
  }
}

/** Writes as one, or rejects: with Deposed once somebody else was elected. */
export async function fencedPersist(
  store: Store,
  { leadership, operations }: { readonly leadership: Leadership; readonly operations: readonly Operation[] },
): Promise<void> {
  const result = await store.transact({ conditions: [{ type: 'leader', leadership }], operations })
  if (!result.applied) throw new Deposed(leadership.name)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
