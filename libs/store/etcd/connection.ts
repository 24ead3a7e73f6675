/**
 * One member of etcd at a time, with a deadline for every attempt; the next member when one fails.
 * etcd3's own retries are off: only here it is known what may be sent twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { noop } from 'cockatiel'
import { KVClient, LeaseClient, WatchClient } from 'etcd3'
import type {
  ICallable,
  IOptions,
  IRangeRequest,
  IRangeResponse,
  IResponseHeader,
  ITxnRequest,
  ITxnResponse,
} from 'etcd3'
import { ConnectionPool } from 'etcd3/lib/connection-pool.js'
import { StoreError } from '../errors.ts'
import { ETCD_LIMITS } from '../limits.ts'
import { classify } from './etcd-errors.ts'
import type { EtcdAddress } from './etcd-url.ts'
import { readSecret } from './etcd-url.ts'

/** The services of one member, and the deadline of this attempt. */
export type Member = { readonly kv: KVClient; readonly lease: LeaseClient; readonly watch: WatchClient }
export type CallOptions = NonNullable<Parameters<KVClient['range']>[1]>
type OpenMember = Member & { readonly pool: ConnectionPool; readonly left: AbortController }

export type CallLimits = {
  /** Over all attempts. */
  readonly timeoutMs: number
  readonly attemptTimeoutMs?: number
  /** Ends the attempts; the call then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
  /** Done twice it does no harm: a read, or what is found as it was left. Its effect is never in doubt. */
  readonly isRepeatable?: boolean
  /** Called when an attempt may have taken effect and another one follows. */
  readonly onDoubt?: () => void
}

/** The history of the cluster, as far as its answers have told. */
type Seen = { clusterId: string | undefined; revision: number; epoch: number }

export class EtcdConnection {
  readonly #address: EtcdAddress
  readonly #members: (OpenMember | undefined)[]
  readonly #onRestored: () => void
  readonly #seen: Seen = { clusterId: undefined, revision: 0, epoch: 0 }
  #current = 0
  #isClosed = false

  /** `onRestored` is called when etcd's history went back: a snapshot was restored. */
  constructor(address: EtcdAddress, onRestored: () => void) {
    this.#address = address
    this.#members = address.endpoints.map(() => undefined)
    // After the answer that told of it, so that its own call fails by that.
    this.#onRestored = () => setImmediate(onRestored)
  }

  get endpoints(): readonly string[] {
    return this.#address.endpoints
  }

  /** Waits for all earlier writes to the cluster; sees nothing older. */
  range(request: IRangeRequest, limits: CallLimits): Promise<IRangeResponse> {
    return this.#linearizable((member, options) => member.kv.range(request, options), { isRepeatable: true, ...limits })
  }

  /** The caller made it safe to send twice. */
  txn(request: ITxnRequest, limits: CallLimits): Promise<ITxnResponse> {
    return this.#linearizable((member, options) => member.kv.txn(request, options), limits)
  }

  /** Tries member after member. Rejects with what is final, or STORE_UNAVAILABLE or STORE_UNKNOWN at the end. */
  async call<T>(work: (member: Member, options: CallOptions) => Promise<T>, limits: CallLimits): Promise<T> {
    const endsAt = performance.now() + limits.timeoutMs
    const lastBeginsAt = endsAt - ETCD_LIMITS.attemptMinMs
    let isInDoubt = false
    let lastReason: string | undefined
    for (let attempt = 1; ; attempt++) {
      limits.signal?.throwIfAborted()
      if (this.#isClosed) throw closedError()
      if (lastReason !== undefined && performance.now() > lastBeginsAt) throw this.#unavailable(lastReason, isInDoubt)
      const place = this.#current
      const left = Math.min(limits.attemptTimeoutMs ?? ETCD_LIMITS.attemptTimeoutMs, endsAt - performance.now())
      try {
        return await unlessAborted(work(this.#open(place), { deadline: Date.now() + Math.max(1, left) }), limits.signal)
      } catch (thrown) {
        limits.signal?.throwIfAborted()
        if (this.#isClosed) throw closedError()
        const failure = classify(thrown, this.endpoints[place] ?? '')
        if (failure.type === 'final') throw failure.error
        const waitMs = this.#delayAfter(failure.type, { place, attempt })
        isInDoubt ||= failure.type === 'passing' && failure.mayHaveApplied && limits.isRepeatable !== true
        lastReason = failure.reason
        if (performance.now() + waitMs > lastBeginsAt) throw this.#unavailable(lastReason, isInDoubt)
        if (isInDoubt) limits.onDoubt?.()
        await sleep(waitMs, undefined, { ...(limits.signal !== undefined && { signal: limits.signal }) }).catch(
          () => undefined,
        )
      }
    }
  }

  /**
   * A member for a stream; call `failed` when the stream breaks, so that the next one is at another member.
   * `left` aborts when this member was given up meanwhile: a stream there may stay silent for ever.
   */
  stream(): { readonly member: Member; readonly left: AbortSignal; failed(): void } {
    if (this.#isClosed) throw closedError()
    const place = this.#current
    const member = this.#open(place)
    return { member, left: member.left.signal, failed: () => this.#leave(place) }
  }

  close(): void {
    this.#isClosed = true
    for (const member of this.#members) member?.pool.close()
  }

  async #linearizable<T extends { readonly header: IResponseHeader }>(
    work: (member: Member, options: CallOptions) => Promise<T>,
    limits: CallLimits,
  ): Promise<T> {
    return await this.call((member, options) => this.checked(() => work(member, options)), limits)
  }

  /** The answer of a linearizable request; rejects when it shows that etcd's history is not the one known so far. */
  async checked<T extends { readonly header: IResponseHeader }>(ask: () => Promise<T>): Promise<T> {
    const { revision, epoch } = this.#seen
    const answer = await ask()
    this.#check(answer.header, { revision, epoch })
    return answer
  }

  /** A linearizable answer is never older than what was known when it was asked for. */
  #check(header: IResponseHeader, before: { readonly revision: number; readonly epoch: number }): void {
    const seen = this.#seen
    seen.clusterId ??= header.cluster_id
    if (seen.clusterId !== header.cluster_id) throw this.#foreign(header.cluster_id)
    const revision = Number(header.revision)
    if (revision < before.revision) {
      if (before.epoch === seen.epoch) {
        seen.epoch++
        seen.revision = revision
        this.#onRestored()
      }
      throw new StoreError(
        'STORE_RESTORED',
        `etcd went back from revision ${before.revision} to ${revision}: an older snapshot was restored; read anew`,
      )
    }
    if (before.epoch === seen.epoch) seen.revision = Math.max(seen.revision, revision)
  }

  #foreign(clusterId: string): StoreError {
    this.#onRestored()
    const endpoint = this.endpoints[this.#current] ?? ''
    const text = `${endpoint} belongs to the etcd cluster ${hex(clusterId)}, not to ${hex(this.#seen.clusterId)}`
    return new StoreError(
      'STORE_FOREIGN',
      `${text}: correct the endpoints, or restart this process if etcd was restored from a snapshot`,
    )
  }

  /** A new login is tried at once, but once only; a round over all members is made without waiting. */
  #delayAfter(
    type: 'passing' | 'login',
    { place, attempt }: { readonly place: number; readonly attempt: number },
  ): number {
    this.#leave(place)
    if (type === 'login') {
      this.#current = place
      return attempt === 1 ? 0 : ETCD_LIMITS.retryDelayMs
    }
    if (attempt % this.endpoints.length !== 0) return 0
    const round = attempt / this.endpoints.length
    return (
      Math.min(ETCD_LIMITS.retryDelayMsMax, ETCD_LIMITS.retryDelayMs * 2 ** (round - 1)) * (0.5 + Math.random() / 2)
    )
  }

  #leave(place: number): void {
    if (this.#current !== place) return
    this.#current = (place + 1) % this.endpoints.length
    const member = this.#members[place]
    this.#members[place] = undefined
    member?.pool.close()
    member?.left.abort()
  }

  #open(place: number): OpenMember {
    const open = this.#members[place]
    if (open !== undefined) return open
    const pool = new ConnectionPool(poolOptions(this.#address, this.endpoints[place] ?? ''))
    const calls = withLeader(pool)
    const left = new AbortController()
    const member = { pool, left, kv: new KVClient(pool), lease: new LeaseClient(calls), watch: new WatchClient(calls) }
    this.#members[place] = member
    return member
  }

  #unavailable(reason: string, isInDoubt: boolean): StoreError {
    const tried = this.endpoints.join(', ')
    if (!isInDoubt)
      return new StoreError('STORE_UNAVAILABLE', `no etcd member answers (tried ${tried}); the last said ${reason}`)
    return new StoreError(
      'STORE_UNKNOWN',
      `etcd does not answer in time (tried ${tried}; the last said ${reason}); what was sent may have been done`,
    )
  }
}

export const closedError = (): StoreError => new StoreError('STORE_CLOSED', 'the store is closed')

const hex = (id: string | undefined): string => BigInt(id ?? 0).toString(16)

function poolOptions(address: EtcdAddress, endpoint: string): IOptions {
  const { isSecure, caFile, certFile, keyFile, user, passwordFile } = address
  return {
    hosts: `${isSecure ? 'https' : 'http'}://${endpoint}`,
    ...(caFile !== undefined && {
      credentials: {
        rootCertificate: readSecret(caFile, 'ca_file'),
        ...(keyFile !== undefined && { privateKey: readSecret(keyFile, 'key_file') }),
        ...(certFile !== undefined && { certChain: readSecret(certFile, 'cert_file') }),
      },
    }),
    ...(user !== undefined && {
      auth: {
        username: user,
        password: readSecret(passwordFile ?? '', 'password_file')
          .toString()
          .trimEnd(),
      },
    }),
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + ETCD_LIMITS.attemptTimeoutMs }),
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: {
      'grpc.keepalive_time_ms': ETCD_LIMITS.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': ETCD_LIMITS.keepaliveTimeoutMs,
      'grpc.initial_reconnect_backoff_ms': ETCD_LIMITS.retryDelayMs,
      'grpc.max_reconnect_backoff_ms': ETCD_LIMITS.retryDelayMsMax,
      'grpc.max_receive_message_length': ETCD_LIMITS.answerBytesMax,
      // Members are told apart by their place in the list; a shared subchannel would share its backoff.
      'grpc.use_local_subchannel_pool': 1,
    },
  }
}

/** Asks a member to end its streams when it no longer knows a leader, instead of staying silent. */
function withLeader(pool: ConnectionPool): ICallable<unknown> {
  return {
    callOptionsFactory: pool.callOptionsFactory,
    exec: pool.exec.bind(pool),
    markFailed: () => undefined,
    withConnection: (service, fn) =>
      pool.withConnection(service, ({ resource, client, metadata }) => {
        const asking = metadata.clone()
        asking.set('hasleader', 'true')
        return fn({ resource, client, metadata: asking })
      }),
  }
}

/** Rejects as soon as the signal aborts; the work ends at its own deadline. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
