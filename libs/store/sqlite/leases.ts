import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LeaseHold, LeaseRequest } from '../engine/engine.ts'
import type { LeaderView } from '../store.ts'
import { holderIdentity, isHolderGone } from './holder.ts'

type LeaseRow = { token: number; value: string; holder: string | null; expires_at: number }

/** Election: one row a name. The token grows with each election and is what every fenced write is checked against. */
export class Leases {
  readonly #holder = holderIdentity()
  readonly #read: StatementSync
  readonly #take: StatementSync
  readonly #extend: StatementSync
  readonly #free: StatementSync

  constructor(database: DatabaseSync) {
    this.#read = database.prepare('SELECT token, value, holder, expires_at FROM leases WHERE name = ?')
    this.#take = database.prepare(
      `INSERT INTO leases (name, token, value, holder, expires_at) VALUES (?, 1, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET
         token = token + 1, value = excluded.value, holder = excluded.holder, expires_at = excluded.expires_at
       RETURNING token`,
    )
    this.#extend = database.prepare(
      'UPDATE leases SET expires_at = ? WHERE name = ? AND token = ? AND holder IS NOT NULL',
    )
    this.#free = database.prepare('UPDATE leases SET holder = NULL WHERE name = ? AND token = ?')
  }

  /** Inside a write transaction. */
  acquire({ name, value, ttlMs }: LeaseRequest): number | undefined {
    if (this.leader(name) !== undefined) return undefined
    const row = this.#take.get(name, value, this.#holder, Date.now() + ttlMs)
    return Number(row?.['token'])
  }

  /** Inside a write transaction. An expired lease that nobody took is still ours. */
  renew({ name, token, ttlMs }: LeaseHold & { readonly ttlMs: number }): boolean {
    return Number(this.#extend.run(Date.now() + ttlMs, name, token).changes) === 1
  }

  /** Inside a write transaction. */
  release({ name, token }: LeaseHold): void {
    this.#free.run(name, token)
  }

  isHeld({ name, token }: LeaseHold): boolean {
    const row = this.#row(name)
    return row !== undefined && row.holder !== null && row.token === token
  }

  leader(name: string): LeaderView | undefined {
    const row = this.#row(name)
    if (row === undefined || row.holder === null) return undefined
    if (row.expires_at <= Date.now() || isHolderGone(row.holder)) return undefined
    return { token: row.token, value: row.value }
  }

  #row(name: string): LeaseRow | undefined {
    // The columns are those of the statement above; SQLite's STRICTness is not needed for rows only we write.
    return this.#read.get(name) as LeaseRow | undefined
  }
}
