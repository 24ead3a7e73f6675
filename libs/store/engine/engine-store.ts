/** The Store of an embedded engine: checks, watches, elections; the engine holds the data. */
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import { checkKey, checkOperation, checkPrefix } from '../keys.ts'
import { STORE_LIMITS } from '../limits.ts'
import type {
  Condition,
  Entry,
  Leadership,
  LeaderView,
  ListOptions,
  ListResult,
  Store,
  Transaction,
  TransactionResult,
  WatchBatch,
} from '../store.ts'
import type { EngineCondition, RemoteEngine } from './engine.ts'
import { HeldLeadership } from './held-leadership.ts'
import { LeaderStream } from './leader-stream.ts'
import { WatchStream } from './watch-stream.ts'

type Stream = { notify(): void; end(): void }

export class EngineStore implements Store {
  readonly #engine: RemoteEngine
  readonly #streams = new Set<Stream>()
  readonly #held = new Set<HeldLeadership>()
  readonly #closing = new AbortController()
  #candidateWakes = new Set<() => void>()
  #closed: Promise<void> | undefined

  constructor(engine: RemoteEngine) {
    this.#engine = engine
    engine.onChange(() => this.#changed())
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#assertOpen()
    checkKey(key)
    return this.#engine.get(key)
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#assertOpen()
    checkPrefix(prefix)
    if (options.after !== undefined) checkPrefix(options.after)
    return this.#engine.list(prefix, options)
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#assertOpen()
    for (const operation of transaction.operations) checkOperation(operation)
    const conditions = transaction.conditions ?? []
    for (const condition of conditions) if (condition.type !== 'leader') checkKey(condition.key)
    const result = await this.#engine.transact({
      conditions: conditions.map(plainCondition),
      operations: transaction.operations,
    })
    if (!result.applied) loseLeadership(conditions[result.failed])
    return result
  }

  watch(
    prefix: string,
    options: { readonly fromRevision?: number; readonly signal: AbortSignal },
  ): AsyncIterable<WatchBatch> {
    this.#assertOpen()
    checkPrefix(prefix)
    const stream = new WatchStream({
      // Asked for now, so that a transaction called after this line is seen.
      start: options.fromRevision === undefined ? this.#engine.revision() : Promise.resolve(options.fromRevision),
      pull: (fromRevision) => this.#engine.changesSince(prefix, fromRevision),
      signal: options.signal,
      onEnd: (ended) => this.#removeStream(ended),
    })
    if (!options.signal.aborted) this.#addStream(stream)
    return stream
  }

  async campaign(
    name: string,
    options: { readonly value: string; readonly ttlMs: number; readonly signal: AbortSignal },
  ): Promise<Leadership> {
    checkKey(name)
    const { value, ttlMs, signal } = options
    const stopped = AbortSignal.any([signal, this.#closing.signal])
    for (;;) {
      if (this.#closed !== undefined) throw closedError()
      signal.throwIfAborted()
      const token = await this.#engine.acquire({ name, value, ttlMs })
      if (token !== undefined) {
        const held = this.#hold({ name, token, ttlMs })
        if (!signal.aborted) return held
        await held.resign()
        continue
      }
      await this.#nextCampaign(Math.min(STORE_LIMITS.campaignPollMsMax, ttlMs / 4), stopped)
    }
  }

  observeLeader(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<LeaderView | undefined> {
    this.#assertOpen()
    checkKey(name)
    const stream = new LeaderStream({
      read: () => this.#engine.leader(name),
      signal: options.signal,
      pollMs: STORE_LIMITS.campaignPollMsMax,
      onEnd: (ended) => this.#removeStream(ended),
    })
    if (!options.signal.aborted) this.#addStream(stream)
    return stream
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort(closedError())
    await Promise.allSettled([...this.#held].map((held) => held.resign()))
    for (const stream of [...this.#streams]) stream.end()
    await this.#engine.close()
  }

  #hold(lease: { name: string; token: number; ttlMs: number }): HeldLeadership {
    const held = new HeldLeadership({ engine: this.#engine, ...lease, onEnd: (ended) => this.#held.delete(ended) })
    this.#held.add(held)
    return held
  }

  /** Waits for a change or the time to ask again. */
  async #nextCampaign(ms: number, stopped: AbortSignal): Promise<void> {
    const changed = Promise.withResolvers<void>()
    this.#candidateWakes.add(changed.resolve)
    const timer = new AbortController()
    try {
      await Promise.race([changed.promise, sleep(ms, undefined, { signal: AbortSignal.any([stopped, timer.signal]) })])
    } catch {
      // Stopped: the caller's loop looks at both signals and says which one it was.
    } finally {
      timer.abort()
      this.#candidateWakes.delete(changed.resolve)
    }
  }

  #changed(): void {
    for (const stream of this.#streams) stream.notify()
    for (const wake of this.#candidateWakes) wake()
  }

  #addStream(stream: Stream): void {
    this.#streams.add(stream)
    if (this.#streams.size === 1) this.#engine.watchForeign(true)
  }

  #removeStream(stream: Stream): void {
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.#engine.watchForeign(false)
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw closedError()
  }
}

const closedError = (): StoreError => new StoreError('STORE_CLOSED', 'the store is closed')

function plainCondition(condition: Condition): EngineCondition {
  if (condition.type !== 'leader') return condition
  const { name, token } = condition.leadership
  return { type: 'leader', name, token }
}

/** A refused leader learns it here rather than at its next renewal. */
function loseLeadership(condition: Condition | undefined): void {
  if (condition?.type === 'leader' && condition.leadership instanceof HeldLeadership) {
    condition.leadership.lose('another candidate was elected')
  }
}
