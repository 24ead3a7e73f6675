/**
 * A transaction that is larger than one request to etcd, as one that is applied whole or not at all:
 *
 *   stage   its pieces as chunks, under the session's lease: they vanish with a writer that dies here
 *   commit  one transaction with all conditions: the head is put and the chunks are freed from the lease
 *   apply   chunk after chunk, each in a transaction that moves the head on; the last removes the journal
 *
 * J1 Before the commit nothing is visible; after it the transaction counts as applied.
 * J2 Whoever opens the store, wins an election or was in doubt applies the open journals before it reads.
 * J3 Every chunk is applied once: its transaction requires the head to be at that chunk.
 * Until the last chunk is applied others see a part of it; a leader's successor never does (J2).
 */
import { randomUUID } from 'node:crypto'
import type { ITxnRequest } from 'etcd3'
import { z } from 'zod'
import { StoreError } from '../errors.ts'
import { ETCD_LIMITS } from '../limits.ts'
import { parseStored } from '../parse-stored.ts'
import type { EtcdConnection } from './connection.ts'
import type { KeySpace } from './keys.ts'
import { rangeEnd } from './keys.ts'
import { decodePieces, encodePieces, groupPieces } from './journal-format.ts'
import { deleteOp, isAbsent, nestOps, opOf, putOp } from './plan.ts'
import type { Piece } from './plan.ts'
import type { Change, Outcome, Session } from './session.ts'

const headSchema = z.object({
  version: z.literal(1),
  /** Chunks in all, and the next one to be applied. */
  chunkCount: z.number().int().positive(),
  next: z.number().int().nonnegative(),
})
type Head = z.infer<typeof headSchema>

/** Where a writer stands; tests stop it there. */
export type JournalStep = 'begun' | 'staged' | 'committed' | 'applied a chunk'

const limits = { timeoutMs: ETCD_LIMITS.transactTimeoutMs }

export class Journal {
  readonly #connection: EtcdConnection
  readonly #keys: KeySpace
  readonly #onStep: (step: JournalStep) => Promise<void>

  constructor(options: {
    readonly connection: EtcdConnection
    readonly keys: KeySpace
    readonly onStep?: ((step: JournalStep) => Promise<void>) | undefined
  }) {
    this.#connection = options.connection
    this.#keys = options.keys
    this.#onStep = options.onStep ?? (() => Promise.resolve())
  }

  /** Rejects with STORE_UNKNOWN when it is committed but could not be applied to its end; `finishAll` does the rest. */
  async transact(
    session: Session,
    { pieces, ...change }: Omit<Change, 'ops' | 'isIdle'> & { readonly pieces: readonly Piece[] },
  ): Promise<Outcome> {
    const id = randomUUID()
    const chunks = groupPieces(pieces).map(encodePieces)
    await this.#onStep('begun')
    const lease = await session.lease()
    for (const [i, chunk] of chunks.entries()) {
      const key = this.#keys.journalChunk(id, i)
      // Sent twice, and late, it changes nothing.
      await this.#connection.txn({ compare: [isAbsent(key)], success: [putOp(key, chunk, lease)] }, limits)
    }
    await this.#onStep('staged')
    const head: Head = { version: 1, chunkCount: chunks.length, next: 0 }
    const freed = chunks.map((_, i) => ({
      request_put: { key: this.#keys.journalChunk(id, i), ignore_value: true, lease: 0 },
    }))
    const ops = [putOp(this.#keys.journalHead(id), JSON.stringify(head)), ...freed]
    const outcome = await session.transact({ ...change, ops })
    if (!outcome.applied) return outcome
    await this.#onStep('committed')
    return { applied: true, revision: await this.#finishCommitted(id, head) }
  }

  /** Applies what was committed and not yet applied, in the order of the commits. */
  async finishAll(): Promise<void> {
    const key = this.#keys.journalHeads
    const request = { key, range_end: rangeEnd(key), sort_order: 'Ascend', sort_target: 'Create' } as const
    const { kvs } = await this.#connection.range(request, { timeoutMs: ETCD_LIMITS.readTimeoutMs })
    for (const kv of kvs) {
      const id = kv.key.toString('utf8', key.length)
      await this.#finish(id, parseStored(headSchema, kv.key.toString(), kv.value.toString()))
    }
  }

  async #finishCommitted(id: string, head: Head): Promise<number> {
    try {
      return await this.#finish(id, head)
    } catch (cause) {
      const text = `a large transaction is committed but not applied to its end: ${String(cause)}`
      throw new StoreError('STORE_UNKNOWN', text, { cause })
    }
  }

  /** The revision of the last chunk. */
  async #finish(id: string, head: Head): Promise<number> {
    let revision = 0
    for (let next = head.next; next < head.chunkCount; next++) {
      revision = await this.#applyChunk(id, { ...head, next })
      await this.#onStep('applied a chunk')
    }
    return revision
  }

  async #applyChunk(id: string, head: Head): Promise<number> {
    const headKey = this.#keys.journalHead(id)
    const chunkKey = this.#keys.journalChunk(id, head.next)
    const value = Buffer.from(JSON.stringify(head))
    const { kvs, header } = await this.#connection.range({ key: chunkKey }, limits)
    const chunk = kvs[0]?.value
    // Another process, or an earlier attempt, was faster and has removed the journal.
    if (chunk === undefined) return Number(header.revision)
    const after =
      head.next + 1 < head.chunkCount
        ? [putOp(headKey, JSON.stringify({ ...head, next: head.next + 1 }))]
        : [deleteOp(headKey), deleteOp(this.#keys.journalChunks(id), rangeEnd(this.#keys.journalChunks(id)))]
    const request: ITxnRequest = {
      compare: [{ key: headKey, target: 'Value', result: 'Equal', value }],
      success: [...nestOps(decodePieces(chunk).map(opOf), ETCD_LIMITS.txnLevelWidth - after.length), ...after],
    }
    return Number((await this.#connection.txn(request, limits)).header.revision)
  }
}
