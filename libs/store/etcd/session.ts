/**
 * Exactly once. A session has a lease and under it a marker key that holds a number; every transaction that changes
 * something requires the number it knows and puts a new one. So an attempt whose answer was lost can be asked for:
 *
 *   marker is the attempt's number   -> it was applied, at the marker's revision
 *   marker is still the one before   -> put a number that no attempt has: now it never will be applied; try again
 *   anything else, or no marker      -> the session ran out, or etcd was restored: the owner must read anew
 *
 * An etcd that runs full may apply a write and still answer that it has no space, and takes no new number: then the
 * marker is deleted in place of it, which needs no space, and the session ends.
 *
 * When etcd does not even answer that in time the session is buried (its lease revoked) before anything else is
 * read or written, so that no late attempt takes effect after a later read.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ICompare, IRequestOp, ITxnRequest, ITxnResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import { ETCD_LIMITS } from '../limits.ts'
import type { CallOptions, EtcdConnection, Member } from './connection.ts'
import { LeaseGone } from './etcd-errors.ts'
import type { KeySpace } from './keys.ts'
import { grantLease, keepLeaseOnce, revokeLease } from './leases.ts'
import { deleteOp, isAbsent, nestOps, putOp, readOp } from './plan.ts'

export type Change = {
  readonly compares: readonly ICompare[]
  /** Read, with the marker, when a comparison fails. */
  readonly reads: readonly Buffer[]
  readonly ops: readonly IRequestOp[]
  /** Comparisons that all hold exactly when the operations would change nothing. */
  readonly isIdle?: readonly ICompare[]
  readonly signal?: AbortSignal | undefined
}

export type Outcome =
  | { readonly applied: true; readonly revision: number }
  /** Answers to `reads`, in order, all of one moment. */
  | { readonly applied: false; readonly answers: readonly ITxnResponse['responses'][number][] }

/** The numbers of a transaction's last attempt, and of the one that may have been applied unheard. */
type Attempts = { sent: string | undefined; doubtful: string | undefined }

type Marker = { readonly key: Buffer; readonly lease: string; value: string; next: number }

export class Session {
  readonly #connection: EtcdConnection
  readonly #keys: KeySpace
  readonly #closing = new AbortController()
  #marker: Marker | undefined
  #buriedLeases: string[] = []
  #burial: Promise<void> | undefined

  constructor(connection: EtcdConnection, keys: KeySpace) {
    this.#connection = connection
    this.#keys = keys
  }

  /** The lease of this session, begun when there is none. */
  async lease(): Promise<string> {
    return (await this.#open()).lease
  }

  /** Not to be called again before it has settled. */
  async transact(change: Change): Promise<Outcome> {
    const marker = await this.#open(change.signal)
    const attempts: Attempts = { sent: undefined, doubtful: undefined }
    try {
      return await this.#attempt(marker, change, attempts).catch((error: unknown) =>
        this.#settleFull(marker, { error, attempts, signal: change.signal }),
      )
    } catch (error) {
      if (error instanceof LeaseGone) throw this.#lost()
      // Aborted, unknown, foreign or restored: whatever was sent must not take effect any more.
      if (!isRefusal(error)) this.abandon()
      throw error
    }
  }

  /** Nothing of this session that is still under way may take effect; `bury` makes it so. */
  abandon(): void {
    if (this.#marker === undefined) return
    this.#buriedLeases.push(this.#marker.lease)
    this.#marker = undefined
  }

  /** Before a read or a new session: rejects when etcd cannot be reached. */
  async bury(): Promise<void> {
    if (this.#buriedLeases.length === 0) return
    this.#burial ??= this.#revokeBuried().finally(() => (this.#burial = undefined))
    await this.#burial
  }

  async #revokeBuried(): Promise<void> {
    for (let lease = this.#buriedLeases[0]; lease !== undefined; lease = this.#buriedLeases[0]) {
      await revokeLease(this.#connection, { lease, timeoutMs: ETCD_LIMITS.readTimeoutMs })
      this.#buriedLeases.shift()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const lease = this.#marker?.lease
    this.#marker = undefined
    if (lease === undefined) return
    // The lease runs out by itself as well.
    await revokeLease(this.#connection, { lease, timeoutMs: ETCD_LIMITS.releaseTimeoutMs }).catch(() => undefined)
  }

  async #open(signal?: AbortSignal): Promise<Marker> {
    await this.bury()
    if (this.#marker !== undefined) return this.#marker
    const limits = { timeoutMs: ETCD_LIMITS.transactTimeoutMs, signal }
    const { lease } = await grantLease(this.#connection, { ttlSeconds: ETCD_LIMITS.sessionTtlSeconds, ...limits })
    const key = this.#keys.session(randomUUID())
    await this.#connection.txn({ compare: [isAbsent(key)], success: [putOp(key, '0', lease)] }, limits)
    this.#marker = { key, lease, value: '0', next: 1 }
    void this.#keepAlive(lease)
    return this.#marker
  }

  async #attempt(marker: Marker, change: Change, attempts: Attempts): Promise<Outcome> {
    return await this.#connection.call(
      async (member, options) => {
        const { doubtful } = attempts
        if (doubtful !== undefined) {
          const revision = await this.#settle(marker, { doubtful, member, options })
          attempts.doubtful = undefined
          if (revision !== undefined) return { applied: true, revision }
        }
        const value = String(marker.next++)
        attempts.sent = value
        const answer = await this.#connection.checked(() =>
          member.kv.txn(requestOf(marker, { change, value }), options),
        )
        return this.#outcomeOf(answer, { marker, change, value })
      },
      {
        timeoutMs: ETCD_LIMITS.transactTimeoutMs,
        signal: change.signal,
        onDoubt: () => (attempts.doubtful ??= attempts.sent),
      },
    )
  }

  /** What failed for want of space: applied all the same, or never to be. Rejects with `error` otherwise. */
  async #settleFull(
    marker: Marker,
    {
      error,
      attempts,
      signal,
    }: { readonly error: unknown; readonly attempts: Attempts; readonly signal: AbortSignal | undefined },
  ): Promise<Outcome> {
    if (!(error instanceof StoreError) || error.code !== 'STORE_FULL') throw error
    this.abandon()
    const limits = { timeoutMs: ETCD_LIMITS.transactTimeoutMs, signal }
    const answer = await this.#connection.txn(ifMarkerIs(marker, deleteOp(marker.key)), limits)
    if (answer.succeeded) throw error
    const { value, revision } = markerFound(answer)
    const attempt = attempts.doubtful ?? attempts.sent
    if (value === attempt) return { applied: true, revision }
    throw value === voidOf(attempt) ? error : this.#lost()
  }

  /** Whether the doubtful attempt was applied, and when; otherwise it never will be. */
  async #settle(
    marker: Marker,
    {
      doubtful,
      member,
      options,
    }: { readonly doubtful: string; readonly member: Member; readonly options: CallOptions },
  ): Promise<number | undefined> {
    const void_ = voidOf(doubtful)
    const request = ifMarkerIs(marker, putOp(marker.key, void_, marker.lease))
    const answer = await this.#connection.checked(() => member.kv.txn(request, options))
    const { value, revision } = answer.succeeded ? { value: void_, revision: undefined } : markerFound(answer)
    if (value !== doubtful && value !== void_) throw this.#lost()
    marker.value = value
    return value === doubtful ? revision : undefined
  }

  #outcomeOf(
    answer: ITxnResponse,
    { marker, change, value }: { readonly marker: Marker; readonly change: Change; readonly value: string },
  ): Outcome {
    if (answer.succeeded) {
      const wasIdle = change.isIdle !== undefined && answer.responses[0]?.response_txn?.succeeded === true
      if (!wasIdle) marker.value = value
      return { applied: true, revision: Number(answer.header.revision) }
    }
    const [found, ...answers] = answer.responses
    if (found?.response_range.kvs[0]?.value.toString() !== marker.value) throw this.#lost()
    return { applied: false, answers }
  }

  #lost(): StoreError {
    this.abandon()
    return new StoreError(
      'STORE_RESTORED',
      'the session in etcd is gone: it was not reached for too long, or an older snapshot was restored; read anew',
    )
  }

  async #keepAlive(lease: string): Promise<void> {
    const { signal } = this.#closing
    const everyMs = (ETCD_LIMITS.sessionTtlSeconds * 1000) / 3
    while (this.#marker?.lease === lease && !signal.aborted) {
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (this.#marker?.lease !== lease || signal.aborted) return
      // When it fails the next transaction finds the session gone and says so.
      await keepLeaseOnce(this.#connection, { lease, timeoutMs: everyMs, signal }).catch(() => undefined)
    }
  }
}

/** The number of no attempt, in place of one that may not be applied any more. */
const voidOf = (attempt: string | undefined): string => `void ${attempt}`

const markerIs = (marker: Marker): ICompare => ({
  key: marker.key,
  target: 'Value',
  result: 'Equal',
  value: Buffer.from(marker.value),
})

/** `op` while the marker is what it is known to be; otherwise tells what it is. */
const ifMarkerIs = (marker: Marker, op: IRequestOp): ITxnRequest => ({
  compare: [markerIs(marker)],
  success: [op],
  failure: [readOp(marker.key)],
})

/** What the marker is, and since when, where it is not what it was known to be. */
function markerFound(answer: ITxnResponse): { readonly value: string | undefined; readonly revision: number } {
  const found = answer.responses[0]?.response_range.kvs[0]
  return { value: found?.value.toString(), revision: Number(found?.mod_revision) }
}

function requestOf(
  marker: Marker,
  { change, value }: { readonly change: Change; readonly value: string },
): ITxnRequest {
  const ops = [...nestOps(change.ops, ETCD_LIMITS.txnLevelWidth - 1), putOp(marker.key, value, marker.lease)]
  return {
    compare: [markerIs(marker), ...change.compares],
    // A transaction that changes nothing must not make a new revision, so it leaves the marker as well.
    success:
      change.isIdle === undefined ? ops : [{ request_txn: { compare: [...change.isIdle], success: [], failure: ops } }],
    failure: [readOp(marker.key), ...change.reads.map(readOp)],
  }
}

/** etcd has answered, and nothing was done. */
const isRefusal = (error: unknown): boolean =>
  error instanceof StoreError && ['STORE_FULL', 'STORE_UNAVAILABLE', 'STORE_ARGUMENT_INVALID'].includes(error.code)
