/**
 * The engine on one SQLite file. Every group of transactions is one BEGIN IMMEDIATE ... COMMIT with its fsync.
 * The change log (table changes) is written in the same commit; watchers resume from it.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type {
  ChangesPage,
  Engine,
  EngineCondition,
  EngineTransaction,
  LeaseHold,
  LeaseRequest,
} from '../engine/engine.ts'
import type { NetChange } from '../engine/net-changes.ts'
import { netChanges } from '../engine/net-changes.ts'
import { compactedError, StoreError } from '../errors.ts'
import { prefixEnd } from '../keys.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { Entry, LeaderView, ListOptions, ListResult, TransactionResult, WatchBatch } from '../store.ts'
import { Leases } from './leases.ts'
import { openDatabase } from './schema.ts'
import { toStoreError } from './sqlite-errors.ts'

export class SqliteEngine implements Engine {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #leases: Leases
  readonly #statements: Statements
  #dataVersion: unknown
  #failure: StoreError | undefined

  constructor(path: string) {
    this.#path = path
    try {
      this.#database = openDatabase(path)
      this.#statements = prepareStatements(this.#database)
      this.#leases = new Leases(this.#database)
    } catch (error) {
      throw toStoreError(error, path)
    }
    this.hasForeignChanges()
  }

  transactAll(transactions: readonly EngineTransaction[]): TransactionResult[] {
    return this.#write(() => {
      const startRevision = this.#counter('revision')
      let revision = startRevision
      const results = transactions.map((transaction): TransactionResult => {
        const failed = transaction.conditions.findIndex((condition) => !this.#holds(condition))
        if (failed >= 0) return { applied: false, failed }
        const changes = netChanges(transaction.operations, this)
        if (changes.length > 0) this.#apply(changes, ++revision)
        return { applied: true, revision }
      })
      if (revision > startRevision) this.#finishRevisions(revision)
      return results
    })
  }

  get(key: string): Entry | undefined {
    return this.#read(() => entryOf(this.#statements.get.get(key)))
  }

  list(prefix: string, { limit, after }: ListOptions): ListResult {
    return this.#readTogether(() => {
      const rows = this.#statements.list.all(
        prefix,
        prefixEnd(prefix),
        after ?? '',
        limit === undefined ? -1 : limit + 1,
      )
      const entries = rows.map(entryOf).filter((entry) => entry !== undefined)
      const more = limit !== undefined && entries.length > limit
      return { entries: more ? entries.slice(0, limit) : entries, revision: this.#counter('revision'), more }
    })
  }

  revision(): number {
    return this.#read(() => this.#counter('revision'))
  }

  changesSince(prefix: string, fromRevision: number): ChangesPage {
    return this.#readTogether(() => {
      const compacted = this.#counter('compacted')
      if (fromRevision < compacted) throw compactedError(fromRevision, compacted)
      const revision = this.#counter('revision')
      const position = Math.min(revision, fromRevision + STORE_LIMITS.watchPageRevisions)
      const rows = this.#statements.changes.all(fromRevision, position, prefix, prefixEnd(prefix))
      return { batches: groupChanges(rows), position, revision }
    })
  }

  acquire(request: LeaseRequest): number | undefined {
    // Looked at without the write lock first: candidates ask often.
    if (this.leader(request.name) !== undefined) return undefined
    return this.#write(() => this.#leases.acquire(request))
  }

  renew(hold: LeaseHold & { readonly ttlMs: number }): boolean {
    return this.#write(() => this.#leases.renew(hold))
  }

  release(hold: LeaseHold): void {
    this.#write(() => this.#leases.release(hold))
  }

  leader(name: string): LeaderView | undefined {
    return this.#read(() => this.#leases.leader(name))
  }

  hasForeignChanges(): boolean {
    const version = this.#read(() => Object.values(this.#statements.dataVersion.get() ?? {})[0])
    const hasChanged = version !== this.#dataVersion
    this.#dataVersion = version
    return hasChanged
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  has(key: string): boolean {
    return this.#statements.get.get(key) !== undefined
  }

  keysUnder(prefix: string): string[] {
    return this.#statements.keys.all(prefix, prefixEnd(prefix)).map((row) => String(row['key']))
  }

  #apply(changes: readonly NetChange[], revision: number): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#statements.delete.run(key)
      else this.#statements.put.run(key, value, revision)
      this.#statements.log.run(revision, key, value ?? null)
    }
  }

  #finishRevisions(revision: number): void {
    this.#statements.setCounter.run(revision, 'revision')
    const keepAfter = revision - STORE_LIMITS.changeLogRevisions
    if (keepAfter - this.#counter('compacted') < STORE_LIMITS.changeLogSlackRevisions) return
    this.#statements.compact.run(keepAfter)
    this.#statements.setCounter.run(keepAfter, 'compacted')
  }

  #holds(condition: EngineCondition): boolean {
    switch (condition.type) {
      case 'absent':
        return !this.has(condition.key)
      case 'revision':
        return this.#statements.get.get(condition.key)?.['revision'] === condition.revision
      case 'leader':
        return this.#leases.isHeld(condition)
    }
  }

  #counter(name: 'revision' | 'compacted'): number {
    return Number(this.#statements.counter.get(name)?.['value'])
  }

  #write<T>(work: () => T): T {
    return this.#guard(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    })
  }

  /** Several statements that see one state. */
  #readTogether<T>(work: () => T): T {
    return this.#guard(() => {
      this.#database.exec('BEGIN')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    })
  }

  #read<T>(work: () => T): T {
    return this.#guard(work)
  }

  #guard<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return work()
    } catch (thrown) {
      const error = toStoreError(thrown, this.#path)
      // After a failed fsync nobody knows what is on the disk; a later fsync may succeed without having written it.
      if (error instanceof StoreError && (error.code === 'STORE_IO' || error.code === 'STORE_CORRUPT'))
        this.#failure = error
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  return {
    get: prepare('SELECT key, value, revision FROM entries WHERE key = ?'),
    list: prepare(
      'SELECT key, value, revision FROM entries WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?',
    ),
    keys: prepare('SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key'),
    put: prepare('INSERT OR REPLACE INTO entries (key, value, revision) VALUES (?, ?, ?)'),
    delete: prepare('DELETE FROM entries WHERE key = ?'),
    log: prepare('INSERT INTO changes (revision, key, value) VALUES (?, ?, ?)'),
    changes: prepare(
      `SELECT revision, key, value FROM changes
       WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY revision, key`,
    ),
    compact: prepare('DELETE FROM changes WHERE revision <= ?'),
    counter: prepare('SELECT value FROM counters WHERE name = ?'),
    setCounter: prepare('UPDATE counters SET value = ? WHERE name = ?'),
    dataVersion: prepare('PRAGMA data_version'),
  }
}

type Row = ReturnType<StatementSync['get']>

function entryOf(row: Row): Entry | undefined {
  if (row === undefined) return undefined
  return { key: String(row['key']), value: String(row['value']), revision: Number(row['revision']) }
}

function groupChanges(rows: readonly Row[]): WatchBatch[] {
  const batches = new Map<number, { key: string; value: string | undefined }[]>()
  for (const row of rows) {
    const revision = Number(row?.['revision'])
    const changes = batches.get(revision) ?? []
    const value = row?.['value']
    changes.push({ key: String(row?.['key']), value: typeof value === 'string' ? value : undefined })
    batches.set(revision, changes)
  }
  return [...batches].map(([revision, changes]) => ({ revision, changes }))
}
