/**
 * A client of Mesos' v1 executor API. It keeps the executor subscribed to its agent and repeats unacknowledged updates
 * and tasks with each subscription. Without checkpointing it ends with its agent.
 */
import { randomUUID } from 'node:crypto'
import { decodeAs, encodeAs } from '../codec.ts'
import type { MediaType } from '../codec.ts'
import type * as executor from '../wire/executor.gen.ts'
import type * as mesos from '../wire/mesos.gen.ts'
import { CallLine } from './calls/index.ts'
import { CallError } from './errors.ts'
import { openEventStream } from './event-stream.ts'
import type { EventStream, StreamOutcome } from './event-stream.ts'
import type { Endpoint, Headers } from './exchange.ts'
import type { ExecutorSettings } from './executor-settings.ts'
import { BACKOFF_MIN_MS } from './limits.ts'
import { redial } from './dialing/index.ts'
import { Unacknowledged } from './unacknowledged.ts'

export type ExecutorClientOptions = {
  readonly settings: ExecutorSettings
  readonly contentType?: MediaType
  readonly random?: () => number
  /** Every event in order. */
  readonly onEvent: (event: executor.Event) => void
  readonly onConnected?: () => void
  readonly onDisconnected?: (reason: string) => void
  /** The agent is gone for good, or asked for it: stop all tasks and exit within the grace period. Called once. */
  readonly onShutdown: (reason: string) => void
}

/** A status as the executor fills it; uuid, source, timestamp and executor id are added. */
export type ExecutorStatus = Omit<mesos.TaskStatus, 'uuid' | 'source' | 'executor_id'>

type Subscription = { readonly line: CallLine; readonly stream: EventStream }

export class ExecutorClient {
  readonly #options: ExecutorClientOptions
  readonly #mediaType: MediaType
  readonly #unacknowledged = new Unacknowledged()
  readonly #abort = new AbortController()
  #stream: EventStream | undefined
  #subscription: Subscription | undefined
  #lostAt: number | undefined
  #isShutDown = false
  #run: Promise<void> | undefined

  constructor(options: ExecutorClientOptions) {
    this.#options = options
    this.#mediaType = options.contentType ?? 'application/json'
  }

  /** Subscribes, and resubscribes while the executor may outlive its agent, until `close`. */
  start(): void {
    this.#run ??= this.#keepSubscribed()
  }

  /** Sends a status update now, and again with each subscription until the agent has acknowledged it. */
  update(status: ExecutorStatus): void {
    const uuid = Uint8Array.from(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'))
    const { executorId } = this.#options.settings
    const timestamp = status.timestamp ?? Date.now() / 1000
    const added = { uuid, source: 'SOURCE_EXECUTOR', executor_id: { value: executorId }, timestamp } as const
    const update = { status: { ...status, ...added } }
    this.#unacknowledged.addUpdate(uuid, update)
    this.#tell(update)
  }

  /** A failure ends the subscription, and the next one repeats the update. */
  #tell(update: executor.Call_Update): void {
    this.#send({ type: 'UPDATE', update }).catch(() => undefined)
  }

  /** Updates that the agent has not taken over. */
  get unacknowledgedCount(): number {
    return this.#unacknowledged.updateCount
  }

  /** Sends a message to the scheduler, best effort. Rejects with CallError. */
  async message(data: Uint8Array): Promise<void> {
    await this.#send({ type: 'MESSAGE', message: { data } })
  }

  async close(): Promise<void> {
    this.#isShutDown = true
    this.#abort.abort()
    this.#stream?.close('closed by the executor')
    await this.#run
  }

  async #send(call: Omit<executor.Call, 'framework_id' | 'executor_id'>): Promise<void> {
    const subscription = this.#subscription
    if (subscription === undefined) throw new CallError('NOT_SUBSCRIBED', 'the executor is not subscribed')
    try {
      await subscription.line.send(this.#encode(call))
    } catch (error) {
      const isInvalid = error instanceof CallError && error.status === 400
      if (!isInvalid) subscription.stream.close(String(error))
      throw error
    }
  }

  async #keepSubscribed(): Promise<void> {
    const { settings, random = Math.random } = this.#options
    const refused = await redial({
      masters: [settings.agentEndpoint],
      backoff: { minMs: BACKOFF_MIN_MS, maxMs: settings.backoffMaxMs, random },
      signal: this.#abort.signal,
      dial: (address) => this.#dial(address),
      onLost: (outcome) => this.#mayReturn(outcome),
    })
    if (refused !== undefined) this.#shutDown(refused.reason)
  }

  /** Whether the executor may wait for its agent to come (back). */
  #mayReturn(outcome: { readonly type: 'ended' | 'try-again'; readonly reason: string }): boolean {
    const { isCheckpointing, recoveryTimeoutMs } = this.#options.settings
    if (this.#isShutDown) return false
    this.#lostAt ??= performance.now()
    const isTooLate = performance.now() - this.#lostAt > recoveryTimeoutMs
    const endsWithAgent = outcome.type === 'ended' && !isCheckpointing
    if (!isTooLate && !endsWithAgent) return true
    this.#shutDown(isTooLate ? `the agent did not return: ${outcome.reason}` : outcome.reason)
    return false
  }

  #shutDown(reason: string): void {
    if (this.#isShutDown) return
    this.#isShutDown = true
    this.#options.onShutdown(reason)
  }

  #endpoint(address: URL): Endpoint {
    const { domainSocket, agentComponent } = this.#options.settings
    const path = domainSocket === undefined ? '/api/v1/executor' : `/${agentComponent}/api/v1/executor`
    return { url: new URL(path, address), socketPath: domainSocket }
  }

  async #dial(address: URL): Promise<StreamOutcome> {
    const endpoint = this.#endpoint(address)
    const headers = this.#headers()
    const subscribe = this.#unacknowledged.subscribe()
    const stream = openEventStream<executor.Event>({
      endpoint,
      headers: { ...headers, Accept: this.#mediaType },
      body: this.#encode({ type: 'SUBSCRIBE', subscribe }),
      decode: (record) => decodeAs(this.#mediaType, 'mesos.v1.executor.Event', record),
      onOpen: () => {
        this.#subscription = { line: new CallLine({ endpoint, headers }), stream }
        // Made while the agent had not answered yet.
        for (const update of this.#unacknowledged.updatesBeyond(subscribe)) this.#tell(update)
      },
      onEvent: (event) => this.#onEvent(event),
    })
    this.#stream = stream
    const outcome = await stream.outcome
    const reason = outcome.type === 'moved' ? 'the agent moved' : outcome.reason
    const wasConnected = this.#subscription !== undefined
    this.#subscription?.line.close(`the subscription ended: ${reason}`)
    this.#subscription = undefined
    this.#stream = undefined
    if (wasConnected) this.#options.onDisconnected?.(reason)
    return outcome
  }

  #onEvent(event: executor.Event): void {
    this.#unacknowledged.observe(event)
    this.#options.onEvent(event)
    if (event.type === 'SUBSCRIBED') {
      this.#lostAt = undefined
      this.#options.onConnected?.()
    }
    if (event.type === 'SHUTDOWN') this.#shutDown('the agent asked for it')
  }

  #headers(): Headers {
    const { authenticationToken: token } = this.#options.settings
    const base = { 'Content-Type': this.#mediaType }
    return token === undefined ? base : { ...base, Authorization: `Bearer ${token}` }
  }

  #encode(call: Omit<executor.Call, 'framework_id' | 'executor_id'>): Uint8Array {
    const { frameworkId, executorId } = this.#options.settings
    const ids = { framework_id: { value: frameworkId }, executor_id: { value: executorId } }
    return encodeAs(this.#mediaType, 'mesos.v1.executor.Call', { ...call, ...ids })
  }
}
