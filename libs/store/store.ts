/**
 * One durable key-value store with compare-and-set transactions, watch and election.
 * Keys are `/`-separated paths, values are UTF-8 text (JSON with a version field, see parseStored).
 * Every engine passes the same conformance suite.
 */

/** A stored value. `revision` is the store-wide revision of its last write; it only grows. */
export type Entry = { readonly key: string; readonly value: string; readonly revision: number }

/** What must hold for a transaction to be applied. */
export type Condition =
  | { readonly type: 'absent'; readonly key: string }
  | { readonly type: 'revision'; readonly key: string; readonly revision: number }
  | { readonly type: 'leader'; readonly leadership: Leadership }

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'delete-prefix'; readonly prefix: string }

/** Conditions and operations that are applied as one or not at all. */
export type Transaction = { readonly conditions?: readonly Condition[]; readonly operations: readonly Operation[] }

/** `applied: false` means that a condition did not hold and nothing was written; `failed` is its index. */
export type TransactionResult =
  { readonly applied: true; readonly revision: number } | { readonly applied: false; readonly failed: number }

export type ListOptions = { readonly limit?: number; readonly after?: string }
/** Entries in key order, all as of `revision`; `more` when `limit` cut the listing. */
export type ListResult = { readonly entries: readonly Entry[]; readonly revision: number; readonly more: boolean }

/** All changes of one revision under the watched prefix; `value: undefined` is a deletion. */
export type WatchBatch = {
  readonly revision: number
  readonly changes: readonly { readonly key: string; readonly value: string | undefined }[]
}

/** Held by the elected candidate. With the condition `leader` in every transaction a deposed leader cannot write. */
export interface Leadership {
  /** Grows with every election of this name: the fencing token. */
  readonly token: number
  readonly name: string
  /** Aborts when leadership is lost or given up. */
  readonly lost: AbortSignal
  resign(): Promise<void>
}

/** Who leads; `value` is what the leader gave to `campaign` (its address). */
export type LeaderView = { readonly token: number; readonly value: string }

export interface Store {
  get(key: string): Promise<Entry | undefined>
  list(prefix: string, options?: ListOptions): Promise<ListResult>
  /** Resolves once durable. Concurrent transactions share one commit (group commit) and are applied in call order. */
  transact(transaction: Transaction): Promise<TransactionResult>
  /** Changes after `fromRevision` (default: now), in order, none skipped, until `signal` aborts or the store closes. */
  watch(
    prefix: string,
    options: { readonly fromRevision?: number; readonly signal: AbortSignal },
  ): AsyncIterable<WatchBatch>
  /** Waits until elected. Rejects when `signal` aborts first. */
  campaign(
    name: string,
    options: { readonly value: string; readonly ttlMs: number; readonly signal: AbortSignal },
  ): Promise<Leadership>
  /** The current leader and every change of it, `undefined` when there is none. */
  observeLeader(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<LeaderView | undefined>
  close(): Promise<void>
}
