import type {
  ChangesPage,
  Engine,
  EngineCondition,
  EngineTransaction,
  LeaseHold,
  LeaseRequest,
} from '../engine/engine.ts'
import { netChanges } from '../engine/net-changes.ts'
import { compactedError } from '../errors.ts'
import { compareKeys } from '../keys.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { Entry, LeaderView, ListOptions, ListResult, TransactionResult, WatchBatch } from '../store.ts'

type Lease = { token: number; value: string; expiresAt: number; isHeld: boolean }

/** Everything in maps; forgets with the process. */
export class MemoryEngine implements Engine {
  readonly #entries = new Map<string, Entry>()
  readonly #leases = new Map<string, Lease>()
  readonly #now: () => number
  #sortedKeys: string[] | undefined
  #log: WatchBatch[] = []
  #revision = 0
  #compacted = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  transactAll(transactions: readonly EngineTransaction[]): TransactionResult[] {
    return transactions.map((transaction) => this.#transact(transaction))
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  list(prefix: string, { limit = Infinity, after }: ListOptions): ListResult {
    const entries: Entry[] = []
    let more = false
    for (const key of this.keysUnder(prefix)) {
      if (after !== undefined && compareKeys(key, after) <= 0) continue
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      more = entries.length >= limit
      if (more) break
      entries.push(entry)
    }
    return { entries, revision: this.#revision, more }
  }

  revision(): number {
    return this.#revision
  }

  changesSince(prefix: string, fromRevision: number): ChangesPage {
    if (fromRevision < this.#compacted) throw compactedError(fromRevision, this.#compacted)
    const position = Math.min(this.#revision, fromRevision + STORE_LIMITS.watchPageRevisions)
    // The log holds every revision after #compacted, one entry each.
    const page = this.#log.slice(fromRevision - this.#compacted, Math.max(0, position - this.#compacted))
    const batches = page
      .map(({ revision, changes }) => ({ revision, changes: changes.filter(({ key }) => key.startsWith(prefix)) }))
      .filter(({ changes }) => changes.length > 0)
    return { batches, position, revision: this.#revision }
  }

  acquire({ name, value, ttlMs }: LeaseRequest): number | undefined {
    const lease = this.#leases.get(name)
    if (lease !== undefined && lease.isHeld && lease.expiresAt > this.#now()) return undefined
    const token = (lease?.token ?? 0) + 1
    this.#leases.set(name, { token, value, expiresAt: this.#now() + ttlMs, isHeld: true })
    return token
  }

  renew({ name, token, ttlMs }: LeaseHold & { readonly ttlMs: number }): boolean {
    const lease = this.#leaseOf({ name, token })
    if (lease !== undefined) lease.expiresAt = this.#now() + ttlMs
    return lease !== undefined
  }

  release(hold: LeaseHold): void {
    const lease = this.#leaseOf(hold)
    if (lease !== undefined) lease.isHeld = false
  }

  /** The lease ends as if its holder had stopped renewing it. */
  expire(name: string): void {
    const lease = this.#leases.get(name)
    if (lease !== undefined) lease.isHeld = false
  }

  leader(name: string): LeaderView | undefined {
    const lease = this.#leases.get(name)
    const isValid = lease !== undefined && lease.isHeld && lease.expiresAt > this.#now()
    return isValid ? { token: lease.token, value: lease.value } : undefined
  }

  hasForeignChanges(): boolean {
    return false
  }

  close(): void {
    this.#entries.clear()
    this.#sortedKeys = []
    this.#log = []
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  keysUnder(prefix: string): string[] {
    this.#sortedKeys ??= [...this.#entries.keys()].sort(compareKeys)
    return this.#sortedKeys.filter((key) => key.startsWith(prefix))
  }

  #leaseOf({ name, token }: LeaseHold): Lease | undefined {
    const lease = this.#leases.get(name)
    return lease !== undefined && lease.isHeld && lease.token === token ? lease : undefined
  }

  #transact({ conditions, operations }: EngineTransaction): TransactionResult {
    const failed = conditions.findIndex((condition) => !this.#holds(condition))
    if (failed >= 0) return { applied: false, failed }
    const changes = netChanges(operations, this)
    if (changes.length === 0) return { applied: true, revision: this.#revision }
    const revision = ++this.#revision
    for (const { key, value } of changes) {
      if (value === undefined || !this.#entries.has(key)) this.#sortedKeys = undefined
      if (value === undefined) this.#entries.delete(key)
      else this.#entries.set(key, { key, value, revision })
    }
    this.#log.push({ revision, changes })
    this.#compact()
    return { applied: true, revision }
  }

  #holds(condition: EngineCondition): boolean {
    switch (condition.type) {
      case 'absent':
        return !this.#entries.has(condition.key)
      case 'revision':
        return this.#entries.get(condition.key)?.revision === condition.revision
      case 'leader':
        return this.#leaseOf(condition) !== undefined
    }
  }

  #compact(): void {
    const { changeLogRevisions, changeLogSlackRevisions } = STORE_LIMITS
    if (this.#log.length <= changeLogRevisions + changeLogSlackRevisions) return
    this.#log = this.#log.slice(-changeLogRevisions)
    this.#compacted = this.#revision - changeLogRevisions
  }
}
