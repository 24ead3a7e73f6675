/** What an embedded engine does; EngineStore makes a Store of it. Synchronous, so that it can run in a worker. */
import type { Entry, LeaderView, ListOptions, ListResult, Operation, TransactionResult, WatchBatch } from '../store.ts'

/** A condition as it crosses to the engine: plain data. */
export type EngineCondition =
  | { readonly type: 'absent'; readonly key: string }
  | { readonly type: 'revision'; readonly key: string; readonly revision: number }
  | { readonly type: 'leader'; readonly name: string; readonly token: number }

export type EngineTransaction = {
  readonly conditions: readonly EngineCondition[]
  readonly operations: readonly Operation[]
}

export type LeaseRequest = { readonly name: string; readonly value: string; readonly ttlMs: number }
export type LeaseHold = { readonly name: string; readonly token: number }

/** The batches in (fromRevision, position]; when `position < revision` there may be more. */
export type ChangesPage = {
  readonly batches: readonly WatchBatch[]
  readonly position: number
  readonly revision: number
}

export interface Engine {
  /** Applies each in order, all made durable by one commit. When it throws nothing of any was applied. */
  transactAll(transactions: readonly EngineTransaction[]): TransactionResult[]
  get(key: string): Entry | undefined
  list(prefix: string, options: ListOptions): ListResult
  revision(): number
  /** Throws STORE_COMPACTED when changes after `fromRevision` are gone. */
  changesSince(prefix: string, fromRevision: number): ChangesPage
  /** The token when the lease was free; undefined when somebody holds it. */
  acquire(request: LeaseRequest): number | undefined
  /** False when the lease is no longer ours. */
  renew(hold: LeaseHold & { readonly ttlMs: number }): boolean
  release(hold: LeaseHold): void
  leader(name: string): LeaderView | undefined
  /** Whether another process wrote since the last call. */
  hasForeignChanges(): boolean
  close(): void
}

type Promised<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never

/** The same engine seen over a thread's border. Calls are carried out in order. */
export type RemoteEngine = {
  readonly [K in Exclude<keyof Engine, 'transactAll' | 'hasForeignChanges'>]: Promised<Engine[K]>
} & {
  transact(transaction: EngineTransaction): Promise<TransactionResult>
  /** Called after anything may have changed: a commit here or elsewhere, or a lease. */
  onChange(listener: () => void): void
  /** Whether changes by other processes matter now. */
  watchForeign(wanted: boolean): void
}
