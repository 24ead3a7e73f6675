/** The Store in etcd. Writes of one store go one after the other; reads wait for the writes called before them. */
import type { IKeyValue, IResponseOp } from 'etcd3'
import { z } from 'zod'
import { LeaderStream } from '../engine/leader-stream.ts'
import { StoreError } from '../errors.ts'
import { checkKey, checkOperation, checkPrefix, compareKeys } from '../keys.ts'
import { ETCD_LIMITS } from '../limits.ts'
import { parseStored } from '../parse-stored.ts'
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
import { closedError, EtcdConnection } from './connection.ts'
import { campaign, EtcdLeadership, readLeader } from './election.ts'
import type { EtcdAddress } from './etcd-url.ts'
import type { KeySpace } from './keys.ts'
import { pieceBytes } from './journal-format.ts'
import { Journal } from './journal.ts'
import type { JournalStep } from './journal.ts'
import { keyAfter, keySpaceOf, rangeEnd } from './keys.ts'
import { compareOf, conditionKey, isAbsent, opOf, planPieces, putOp, readOp } from './plan.ts'
import type { Piece } from './plan.ts'
import { Session } from './session.ts'
import type { Change, Outcome } from './session.ts'
import { followKey, watchChanges } from './watch.ts'

const FORMAT_VERSION = 1
const formatSchema = z.object({ version: z.number().int().positive() })

const reading = { timeoutMs: ETCD_LIMITS.readTimeoutMs }

type EtcdStoreOptions = {
  readonly onStep?: (step: JournalStep) => Promise<void>
  readonly openTimeoutMs?: number
}

export class EtcdStore implements Store {
  readonly #connection: EtcdConnection
  readonly #keys: KeySpace
  readonly #session: Session
  readonly #journal: Journal
  /** Whether a large transaction may be committed and not yet applied to its end. */
  #hasOpenJournal = true
  readonly #closing = new AbortController()
  readonly #held = new Set<EtcdLeadership>()
  readonly #streams = new Set<LeaderStream>()
  #broken = new AbortController()
  #tail: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  private constructor(address: EtcdAddress, onStep?: (step: JournalStep) => Promise<void>) {
    this.#keys = keySpaceOf(address.prefix)
    this.#connection = new EtcdConnection(address, () => this.#restored())
    this.#session = new Session(this.#connection, this.#keys)
    this.#journal = new Journal({ connection: this.#connection, keys: this.#keys, onStep })
  }

  /**
   * Rejects with a StoreError that tells which members were tried when none answers within `openTimeoutMs`.
   * `onStep` is told of each step of a large transaction.
   */
  static async open(
    address: EtcdAddress,
    { onStep, openTimeoutMs = ETCD_LIMITS.openTimeoutMs }: EtcdStoreOptions = {},
  ): Promise<EtcdStore> {
    const store = new EtcdStore(address, onStep)
    try {
      await store.#checkFormat(address.prefix, openTimeoutMs)
      return store
    } catch (error) {
      store.#connection.close()
      throw error
    }
  }

  async get(key: string): Promise<Entry | undefined> {
    checkKey(key)
    await this.#settled()
    const { kvs } = await this.#connection.range({ key: this.#keys.data(key) }, reading)
    return kvs[0] === undefined ? undefined : this.#entryOf(kvs[0])
  }

  async list(prefix: string, { limit = Infinity, after }: ListOptions = {}): Promise<ListResult> {
    checkPrefix(prefix)
    if (after !== undefined) checkPrefix(after)
    await this.#settled()
    const whole = this.#keys.data(prefix)
    const start = after === undefined || compareKeys(after, prefix) < 0 ? whole : keyAfter(this.#keys.data(after))
    for (;;) {
      try {
        return await this.#listFrom(start, { end: rangeEnd(whole), limit })
      } catch (error) {
        // Compacted between two pages: from the start, at a newer revision.
        if (!(error instanceof StoreError && error.code === 'STORE_COMPACTED')) throw error
      }
    }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#assertOpen()
    for (const operation of transaction.operations) checkOperation(operation)
    const conditions = transaction.conditions ?? []
    for (const condition of conditions) if (condition.type !== 'leader') checkKey(condition.key)
    if (conditions.length > ETCD_LIMITS.conditionsMax) {
      const text = `a transaction has ${conditions.length} conditions; at most ${ETCD_LIMITS.conditionsMax} are allowed`
      throw new StoreError('STORE_ARGUMENT_INVALID', text)
    }
    const result = await this.#enqueue(() => this.#apply(conditions, planPieces(transaction.operations, this.#keys)))
    if (!result.applied) loseLeadership(conditions[result.failed])
    return result
  }

  watch(
    prefix: string,
    options: { readonly fromRevision?: number; readonly signal: AbortSignal },
  ): AsyncIterable<WatchBatch> {
    this.#assertOpen()
    checkPrefix(prefix)
    // Asked for in the order of calls, so that a transaction called after this line is seen.
    const start =
      options.fromRevision === undefined ? this.#enqueue(() => this.#revision()) : Promise.resolve(options.fromRevision)
    start.catch(() => undefined)
    return watchChanges({
      connection: this.#connection,
      keys: this.#keys,
      prefix,
      start,
      signal: AbortSignal.any([options.signal, this.#closing.signal]),
      broken: this.#broken.signal,
    })
  }

  async campaign(
    name: string,
    options: { readonly value: string; readonly ttlMs: number; readonly signal: AbortSignal },
  ): Promise<Leadership> {
    this.#assertOpen()
    checkKey(name)
    const signal = AbortSignal.any([options.signal, this.#closing.signal])
    const held = await campaign(this.#election(name), { ...options, signal })
    this.#held.add(held)
    held.lost.addEventListener('abort', () => this.#held.delete(held), { once: true })
    try {
      signal.throwIfAborted()
      // The leader before may have died within a large transaction.
      this.#hasOpenJournal = true
      await this.#enqueue(() => this.#recover())
      signal.throwIfAborted()
      return held
    } catch (error) {
      await held.resign()
      throw error
    }
  }

  observeLeader(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<LeaderView | undefined> {
    this.#assertOpen()
    checkKey(name)
    const following = new AbortController()
    const stream = new LeaderStream({
      read: () => readLeader(this.#election(name)),
      signal: options.signal,
      pollMs: ETCD_LIMITS.observePollMs,
      onEnd: (ended) => {
        following.abort()
        this.#streams.delete(ended)
      },
    })
    if (options.signal.aborted) return stream
    this.#streams.add(stream)
    const key = this.#keys.election(name)
    void followKey({ connection: this.#connection, key, signal: following.signal }, () => stream.notify())
    return stream
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort(closedError())
    await this.#tail
    await Promise.all([...this.#held].map((held) => held.resign()))
    for (const stream of [...this.#streams]) stream.end()
    await this.#session.close()
    this.#connection.close()
  }

  #election(name: string) {
    return { connection: this.#connection, keys: this.#keys, name }
  }

  async #checkFormat(prefix: string, timeoutMs: number): Promise<void> {
    const key = this.#keys.format
    const value = JSON.stringify({ version: FORMAT_VERSION })
    const request = { compare: [isAbsent(key)], success: [putOp(key, value)], failure: [readOp(key)] }
    const answer = await this.#connection.txn(request, { isRepeatable: true, timeoutMs })
    if (answer.succeeded) return
    const raw = answer.responses[0]?.response_range.kvs[0]?.value.toString() ?? ''
    const { version } = parseStored(formatSchema, `${prefix}/format`, raw)
    if (version > FORMAT_VERSION) {
      const text = `the store under ${prefix} in etcd has format ${version}, newer than ${FORMAT_VERSION}`
      throw new StoreError('STORE_SCHEMA_NEWER', `${text}; run the newer program`)
    }
  }

  async #apply(conditions: readonly Condition[], pieces: readonly Piece[]): Promise<TransactionResult> {
    const lost = conditions.findIndex((condition) => condition.type === 'leader' && condition.leadership.lost.aborted)
    if (lost >= 0) return { applied: false, failed: lost }
    const compares = conditions.flatMap((condition) => compareOf(condition, this.#keys, leaseOf))
    const reads = conditions.map((condition) => conditionKey(condition, this.#keys))
    if (pieces.length === 0) {
      const answer = await this.#connection.txn(
        { compare: compares, failure: reads.map(readOp) },
        { isRepeatable: true, ...reading },
      )
      if (answer.succeeded) return { applied: true, revision: Number(answer.header.revision) }
      return { applied: false, failed: failedCondition(conditions, answer.responses) }
    }
    await this.#recover()
    const signal = guardOf(conditions)
    const outcome = await this.#change({ compares, reads, signal }, pieces).catch((error: unknown) => {
      if (signal?.aborted !== true || error !== signal.reason) throw error
      const text = `leadership was lost while a transaction was under way (${String(error)}); it may have been applied`
      throw new StoreError('STORE_UNKNOWN', text, { cause: error })
    })
    return outcome.applied ? outcome : { applied: false, failed: failedCondition(conditions, outcome.answers) }
  }

  async #change(guards: Omit<Change, 'ops' | 'isIdle'>, pieces: readonly Piece[]): Promise<Outcome> {
    const bytes = pieces.reduce((sum, piece) => sum + pieceBytes(piece), 0)
    if (bytes <= ETCD_LIMITS.requestBytesMax) {
      return this.#session.transact({ ...guards, ops: pieces.map(opOf), ...idleWhen(pieces) })
    }
    this.#hasOpenJournal = true
    const outcome = await this.#journal.transact(this.#session, { ...guards, pieces })
    this.#hasOpenJournal = false
    return outcome
  }

  async #listFrom(
    start: Buffer,
    { end, limit }: { readonly end: Buffer; readonly limit: number },
  ): Promise<ListResult> {
    const entries: Entry[] = []
    let revision: number | undefined
    let key = start
    let pageEntries = 256
    for (;;) {
      const wanted = Math.min(pageEntries, limit - entries.length)
      const at = revision === undefined ? {} : { revision }
      const { kvs, more, header } = await this.#connection.range(
        { key, range_end: end, limit: Math.max(1, wanted), ...at },
        reading,
      )
      revision ??= Number(header.revision)
      for (const kv of wanted > 0 ? kvs : []) entries.push(this.#entryOf(kv))
      const last = kvs.at(-1)
      if (wanted <= 0) return { entries, revision, more: kvs.length > 0 }
      if (!more || last === undefined) return { entries, revision, more: false }
      if (entries.length >= limit) return { entries, revision, more: true }
      key = keyAfter(last.key)
      pageEntries = nextPageEntries(kvs)
    }
  }

  async #revision(): Promise<number> {
    const { header } = await this.#connection.range({ key: this.#keys.format }, reading)
    return Number(header.revision)
  }

  #entryOf({ key, value, mod_revision: revision }: IKeyValue): Entry {
    return { key: this.#keys.name(key), value: value.toString(), revision: Number(revision) }
  }

  /** Everything called before is done. */
  async #settled(): Promise<void> {
    this.#assertOpen()
    await this.#tail
    this.#assertOpen()
    await this.#recover()
  }

  /** Nothing of unknown outcome can still take effect, and what is committed is applied. */
  async #recover(): Promise<void> {
    await this.#session.bury()
    if (!this.#hasOpenJournal) return
    await this.#journal.finishAll()
    this.#hasOpenJournal = false
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** What was read from etcd before is no longer what it holds. */
  #restored(): void {
    this.#session.abandon()
    for (const held of this.#held) held.lose('etcd was restored from an older snapshot')
    this.#broken.abort(new StoreError('STORE_RESTORED', 'etcd was restored from an older snapshot; list anew'))
    this.#broken = new AbortController()
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw closedError()
  }
}

const leaseOf = (leadership: Leadership): string | undefined =>
  leadership instanceof EtcdLeadership ? leadership.lease : undefined

/** Losing leadership ends the attempts of what it guards. */
function guardOf(conditions: readonly Condition[]): AbortSignal | undefined {
  const signals = conditions.flatMap((condition) => (condition.type === 'leader' ? [condition.leadership.lost] : []))
  return signals.length === 0 ? undefined : AbortSignal.any(signals)
}

/** For a transaction that only deletes: whether there is anything to delete. */
function idleWhen(pieces: readonly Piece[]) {
  const deletions = pieces.flatMap((piece) => (piece.type === 'delete' ? [isAbsent(piece.key, piece.end)] : []))
  const isTold = deletions.length === pieces.length && deletions.length < ETCD_LIMITS.txnLevelWidth
  return isTold ? { isIdle: deletions } : {}
}

/** The first that does not hold, by what etcd read in the same transaction. */
function failedCondition(conditions: readonly Condition[], answers: readonly IResponseOp[]): number {
  const failed = conditions.findIndex((condition, i) => !holds(condition, answers[i]?.response_range.kvs[0]))
  if (failed < 0) throw new StoreError('STORE_IO', 'etcd refused a transaction whose conditions all hold')
  return failed
}

function holds(condition: Condition, found: IKeyValue | undefined): boolean {
  switch (condition.type) {
    case 'absent':
      return found === undefined
    case 'revision':
      return Number(found?.mod_revision) === condition.revision
    case 'leader': {
      const lease = leaseOf(condition.leadership)
      const isLease = lease === undefined || found?.lease === lease
      return isLease && Number(found?.create_revision) === condition.leadership.token
    }
  }
}

/** A refused leader learns it here rather than at its next renewal. */
function loseLeadership(condition: Condition | undefined): void {
  if (condition?.type === 'leader' && condition.leadership instanceof EtcdLeadership) {
    condition.leadership.lose('another candidate was elected')
  }
}

function nextPageEntries(kvs: readonly IKeyValue[]): number {
  const bytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
  const entryBytes = Math.max(1, bytes / Math.max(1, kvs.length))
  return Math.max(1, Math.min(ETCD_LIMITS.listPageEntriesMax, Math.floor(ETCD_LIMITS.listPageBytes / entryBytes)))
}
