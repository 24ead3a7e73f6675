/**
 * Election by one key with a lease: who puts it while it is absent leads until the lease ends.
 * The key's create revision is the token; it and the lease are what every write of the leader is guarded by.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { IKeyValue } from 'etcd3'
import { ETCD_LIMITS } from '../limits.ts'
import type { Leadership, LeaderView } from '../store.ts'
import type { EtcdConnection } from './connection.ts'
import { LeaseGone } from './etcd-errors.ts'
import type { KeySpace } from './keys.ts'
import { grantLease, keepLeaseOnce, revokeLease } from './leases.ts'
import { isAbsent, putOp, readOp } from './plan.ts'
import { followKey } from './watch.ts'

type Election = { readonly connection: EtcdConnection; readonly keys: KeySpace; readonly name: string }

/** The key of who leads, if somebody does. */
async function readElection(
  { connection, keys, name }: Election,
  signal?: AbortSignal,
): Promise<IKeyValue | undefined> {
  const limits = { timeoutMs: ETCD_LIMITS.readTimeoutMs, signal }
  const { kvs } = await connection.range({ key: keys.election(name) }, limits)
  return kvs[0]
}

/** Who leads, as others see it. */
export async function readLeader(election: Election): Promise<LeaderView | undefined> {
  const found = await readElection(election)
  return found === undefined ? undefined : { token: Number(found.create_revision), value: found.value.toString() }
}

/** Waits until this candidate leads; rejects with the signal's reason. */
export async function campaign(
  election: Election,
  { value, ttlMs, signal }: { readonly value: string; readonly ttlMs: number; readonly signal: AbortSignal },
): Promise<EtcdLeadership> {
  for (;;) {
    await vacancy(election, signal)
    const askedAt = performance.now()
    const limits = { timeoutMs: ETCD_LIMITS.readTimeoutMs, signal }
    const granted = await grantLease(election.connection, { ttlSeconds: Math.ceil(ttlMs / 1000), ...limits })
    const { lease } = granted
    try {
      const token = await acquire(election, { value, lease, signal })
      if (token !== undefined)
        return new EtcdLeadership({ election, token, lease, ttlMs: granted.ttlMs, renewedAt: askedAt })
    } catch (error) {
      // Whether the key was put is not known; without the lease it is not there.
      void revokeLease(election.connection, { lease, timeoutMs: ETCD_LIMITS.readTimeoutMs }).catch(() => undefined)
      throw error
    }
    await revokeLease(election.connection, { lease, timeoutMs: ETCD_LIMITS.readTimeoutMs })
  }
}

/** Sent twice it answers the same: the key with our lease is ours. */
async function acquire(
  { connection, keys, name }: Election,
  { value, lease, signal }: { readonly value: string; readonly lease: string; readonly signal: AbortSignal },
): Promise<number | undefined> {
  const key = keys.election(name)
  const request = { compare: [isAbsent(key)], success: [putOp(key, value, lease)], failure: [readOp(key)] }
  const answer = await connection.txn(request, { timeoutMs: ETCD_LIMITS.transactTimeoutMs, signal })
  if (answer.succeeded) return Number(answer.header.revision)
  const found = answer.responses[0]?.response_range.kvs[0]
  return found?.lease === lease ? Number(found.create_revision) : undefined
}

/** Resolves once nobody leads; looks whenever the key changes. */
async function vacancy(election: Election, signal: AbortSignal): Promise<void> {
  if ((await readElection(election, signal)) === undefined) return
  const stop = new AbortController()
  const following = AbortSignal.any([signal, stop.signal])
  let wake = Promise.withResolvers<void>()
  const key = election.keys.election(election.name)
  const followed = followKey({ connection: election.connection, key, signal: following }, () => wake.resolve())
  try {
    for (;;) {
      await Promise.race([
        wake.promise,
        sleep(ETCD_LIMITS.observePollMs, undefined, { signal: following }).catch(() => undefined),
      ])
      signal.throwIfAborted()
      wake = Promise.withResolvers<void>()
      if ((await readElection(election, signal)) === undefined) return
    }
  } finally {
    stop.abort()
    await followed
  }
}

/** Renewed at a third of its lease; lost at the latest when the lease ends by this process' own clock. */
export class EtcdLeadership implements Leadership {
  readonly token: number
  readonly name: string
  readonly lease: string
  readonly #election: Election
  readonly #ttlMs: number
  readonly #abort = new AbortController()
  #expiry: NodeJS.Timeout | undefined
  #renewedAt: number

  constructor(options: {
    readonly election: Election
    readonly token: number
    readonly lease: string
    readonly ttlMs: number
    /** When the lease was asked for, by the monotonic clock. */
    readonly renewedAt: number
  }) {
    this.#election = options.election
    this.name = options.election.name
    this.token = options.token
    this.lease = options.lease
    this.#ttlMs = options.ttlMs
    this.#renewedAt = options.renewedAt
    this.#renewed(options.renewedAt)
    void this.#keep()
  }

  /** Exact at each look: a process that was stopped for longer than its lease learns it here, before it acts. */
  get lost(): AbortSignal {
    if (performance.now() - this.#renewedAt >= this.#ttlMs) this.lose('the lease could not be renewed in time')
    return this.#abort.signal
  }

  async resign(): Promise<void> {
    if (this.lost.aborted) return
    this.lose('leadership was resigned')
    const { connection } = this.#election
    // When etcd cannot be reached the lease ends by itself.
    await revokeLease(connection, { lease: this.lease, timeoutMs: ETCD_LIMITS.releaseTimeoutMs }).catch(() => undefined)
  }

  /** Leadership is gone, for a reason that the signal carries. */
  lose(reason: string): void {
    if (this.#abort.signal.aborted) return
    clearTimeout(this.#expiry)
    this.#abort.abort(new Error(`${this.name}: ${reason}`))
  }

  /** `sentAt` is before the request left, so the lease in etcd ends later than the one here. */
  #renewed(sentAt: number): void {
    this.#renewedAt = sentAt
    clearTimeout(this.#expiry)
    const leftMs = sentAt + this.#ttlMs - performance.now()
    this.#expiry = setTimeout(() => this.lose('the lease could not be renewed in time'), Math.max(0, leftMs))
  }

  async #keep(): Promise<void> {
    while (!this.lost.aborted) {
      await sleep(this.#ttlMs / 3, undefined, { signal: this.lost }).catch(() => undefined)
      if (this.lost.aborted) return
      try {
        await this.#renew()
      } catch (error) {
        if (error instanceof LeaseGone) this.lose('the lease is gone from etcd')
        // Otherwise etcd may answer again before the lease ends; if not, the clock decides.
      }
    }
  }

  async #renew(): Promise<void> {
    const sentAt = performance.now()
    const attemptTimeoutMs = Math.min(ETCD_LIMITS.attemptTimeoutMs, this.#ttlMs / 3)
    const timeoutMs = Math.max(attemptTimeoutMs, this.#renewedAt + this.#ttlMs - sentAt)
    const limits = { timeoutMs, attemptTimeoutMs, signal: this.lost }
    const { connection } = this.#election
    await keepLeaseOnce(connection, { lease: this.lease, ...limits })
    // A member without a majority, or one restored from an older snapshot, would renew as well.
    const { kvs } = await connection.range({ key: this.#election.keys.election(this.name) }, limits)
    const [found] = kvs
    if (found?.lease !== this.lease || Number(found.create_revision) !== this.token) {
      this.lose('another candidate was elected')
      return
    }
    this.#renewed(sentAt)
  }
}
