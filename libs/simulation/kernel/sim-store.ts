/**
 * A store for all processes of a group, as etcd is: real conditions, leases and fencing on virtual time. Each process
 * sees it over its own way: slow, stalled, out of reach, or losing an answer, so that nobody knows what became of it.
 */
import type { Millis, Random } from '@thermosphere/effects'
import { MemoryEngine, StoreError } from '@thermosphere/store'
import type {
  Condition,
  Entry,
  Leadership,
  LeaderView,
  ListOptions,
  ListResult,
  Operation,
  Store,
  Transaction,
  TransactionResult,
  WatchBatch,
} from '@thermosphere/store'
import type { Network } from './network.ts'
import type { SimProcess } from './process.ts'
import { SimLeadership } from './sim-leadership.ts'

export type SimStoreOptions = { readonly name: string; readonly network: Network; readonly random: Random }

type Lease = { readonly name: string; readonly token: number }

/** A transaction that was applied. */
export type Applied = { readonly by: string; readonly operations: readonly Operation[] }

export class SimStore {
  readonly name: string
  readonly network: Network
  readonly random: Random
  readonly engine: MemoryEngine
  latencyMs: Millis = 10
  /** Share of the transactions whose answer is lost after they were applied. */
  lossShare = 0
  /** Share of the transactions that are refused and not applied: the disk is full, there is no quorum. */
  failShare = 0
  /** Until then nothing is answered. */
  stalledUntil: Millis = 0
  unknownCount = 0
  /** Writes of leaders that had been deposed. */
  refusedCount = 0
  onApplied: (applied: Applied) => void = () => undefined
  readonly #lateWrites = new Map<string, Millis>()
  readonly #holders = new Map<string, { readonly token: number; readonly by: string }>()
  /** What each holder left to the next, by the name and the token of its lease. */
  readonly #left = new Map<string, ReadonlyMap<string, string>>()

  constructor({ name, network, random }: SimStoreOptions) {
    this.name = name
    this.network = network
    this.random = random
    this.engine = new MemoryEngine(() => network.time.now)
  }

  /** The next write of a process named `<kind>-<number>` takes so long to arrive; until then the process is stopped. */
  stopAtWrite(kind: string, ms: Millis): void {
    this.#lateWrites.set(kind, ms)
  }

  /** Nobody is stopped any more. */
  forgetStops(): void {
    this.#lateWrites.clear()
  }

  /** How late a write is that is sent now; undefined unless its process is to be stopped at it. */
  takeLateness(process: string): Millis | undefined {
    const kind = process.slice(0, process.indexOf('-'))
    const ms = this.#lateWrites.get(kind)
    this.#lateWrites.delete(kind)
    return ms
  }

  /** What is durable now. */
  read(key: string): string | undefined {
    return this.engine.get(key)?.value
  }

  /** What was durable when this holder could last write: now or when the next was elected. Keys begin with its name. */
  readAs({ name, token }: Lease, key: string): string | undefined {
    const left = this.#left.get(`${name} ${token}`)
    return left === undefined ? this.read(key) : left.get(key)
  }

  /** Who holds the lease now, although it may not know yet that it lost it. */
  holder(name: string): { readonly token: number; readonly by: string } | undefined {
    const view = this.engine.leader(name)
    const holder = this.#holders.get(name)
    return view !== undefined && holder?.token === view.token ? holder : undefined
  }

  /** Who was elected last, also when the lease has run out since. */
  lastHolder(name: string): { readonly token: number; readonly by: string } | undefined {
    return this.#holders.get(name)
  }

  acquire(request: { readonly name: string; readonly value: string; readonly ttlMs: Millis }, by: string) {
    const token = this.engine.acquire(request)
    if (token === undefined) return undefined
    this.#keepLeft(request.name)
    this.#holders.set(request.name, { token, by })
    return token
  }

  apply({ conditions = [], operations }: Transaction, by: string): TransactionResult {
    const [result] = this.engine.transactAll([{ conditions: conditions.map(plainCondition), operations }])
    if (result === undefined) throw new TypeError('an engine answered fewer transactions than it was given')
    if (!result.applied) this.refusedCount++
    else if (operations.length > 0) this.onApplied({ by, operations })
    return result
  }

  #keepLeft(name: string): void {
    const last = this.#holders.get(name)
    if (last === undefined) return
    const { entries } = this.engine.list(`${name}/`, {})
    this.#left.set(`${name} ${last.token}`, new Map(entries.map(({ key, value }) => [key, value])))
  }
}

function plainCondition(condition: Condition) {
  if (condition.type !== 'leader') return condition
  const { name, token } = condition.leadership
  return { type: 'leader' as const, name, token }
}

/** A process gives up waiting for an answer after that long. */
const answerMsMax = 5_000
/** One that is stopped at a write sleeps for that long after the write has arrived. */
const stoppedMs = 100
const pollMs = 500

type Asking = { readonly isWrite?: boolean; readonly lateMs?: Millis | undefined }

/** What a process has of the store. */
export class StoreView implements Store {
  readonly #store: SimStore
  readonly #process: SimProcess

  constructor(store: SimStore, process: SimProcess) {
    this.#store = store
    this.#process = process
  }

  get(key: string): Promise<Entry | undefined> {
    return this.ask(() => this.#store.engine.get(key))
  }

  list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    return this.ask(() => this.#store.engine.list(prefix, options))
  }

  transact(transaction: Transaction): Promise<TransactionResult> {
    const { random, failShare } = this.#store
    if (!this.#process.act()) return new Promise(() => undefined)
    const isRefused = failShare > 0 && random.fraction() < failShare
    const lateMs = this.#store.takeLateness(this.#process.name)
    if (lateMs !== undefined) this.#process.pause(lateMs + stoppedMs)
    return this.ask(
      () => {
        if (isRefused) throw new StoreError('STORE_FULL', 'the store refuses to write')
        return this.#store.apply(transaction, this.#process.name)
      },
      { isWrite: true, lateMs },
    )
  }

  watch(): AsyncIterable<WatchBatch> {
    throw new TypeError('nobody watches the simulated store')
  }

  async campaign(
    name: string,
    { value, ttlMs, signal }: { readonly value: string; readonly ttlMs: number; readonly signal: AbortSignal },
  ): Promise<Leadership> {
    for (;;) {
      signal.throwIfAborted()
      const sentAt = this.#process.time.now
      const token = await this.#try(() => this.#store.acquire({ name, value, ttlMs }, this.#process.name))
      if (token !== undefined) return new SimLeadership({ name, token, ttlMs, sentAt }, this, this.#process)
      await this.#process.sleep(pollMs)
    }
  }

  async *observeLeader(
    name: string,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncIterableIterator<LeaderView | undefined> {
    let last = -1
    while (!signal.aborted) {
      const seen = await this.#try(() => ({ view: this.#store.engine.leader(name) }))
      const token = seen?.view?.token ?? 0
      if (seen !== undefined && token !== last) {
        last = token
        yield seen.view
      }
      await this.#process.sleep(pollMs)
    }
  }

  async close(): Promise<void> {
    // The store is others' too.
  }

  renew(hold: { readonly name: string; readonly token: number; readonly ttlMs: Millis }): Promise<boolean> {
    return this.ask(() => this.#store.engine.renew(hold))
  }

  release(hold: { readonly name: string; readonly token: number }): Promise<void> {
    return this.ask(() => this.#store.engine.release(hold))
  }

  async #try<T>(read: () => T): Promise<T | undefined> {
    try {
      return await this.ask(read)
    } catch {
      return undefined
    }
  }

  /** There and back. Rejects when no answer comes in time, whatever became of the question. */
  ask<T>(act: () => T, { isWrite = false, lateMs = 0 }: Asking = {}): Promise<T> {
    const { time } = this.#process
    const { random, latencyMs, lossShare } = this.#store
    const isLost = isWrite && lossShare > 0 && random.fraction() < lossShare
    return new Promise<T>((resolve, reject) => {
      const fail = (): void => this.#process.settle(() => reject(unanswered(this.#store.name)))
      const cancel = this.#process.after(answerMsMax, fail)
      const answer = (tell: () => void): void => {
        time.after(1 + random.integer(latencyMs), () => {
          if (isLost || this.#isCut('back')) return this.#lost(isWrite)
          this.#process.run(() => {
            cancel()
            this.#process.settle(tell)
          })
        })
      }
      const arrive = (): void => {
        const stalledMs = this.#store.stalledUntil - time.now
        if (stalledMs > 0) return void time.after(stalledMs, arrive)
        if (this.#isCut('forth')) return
        try {
          const result = act()
          answer(() => resolve(result))
        } catch (error) {
          answer(() => reject(error instanceof Error ? error : new Error(String(error))))
        }
      }
      time.after(1 + random.integer(latencyMs) + lateMs, arrive)
    })
  }

  #lost(isWrite: boolean): void {
    if (isWrite) this.#store.unknownCount++
  }

  #isCut(way: 'forth' | 'back'): boolean {
    const { network, name } = this.#store
    return way === 'forth' ? network.isBlocked(this.#process.name, name) : network.isBlocked(name, this.#process.name)
  }
}

const unanswered = (name: string): StoreError =>
  new StoreError('STORE_UNAVAILABLE', `the store ${name} does not answer; whether it wrote is not known`)
