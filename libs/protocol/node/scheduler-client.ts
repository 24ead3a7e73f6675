/**
 * A client of Mesos' v1 scheduler API. It keeps the framework subscribed to the leading master; what events mean, which
 * updates to acknowledge and what to reconcile is its owner's business.
 */
import { decodeAs, encodeAs } from '../codec.ts'
import type { MediaType } from '../codec.ts'
import type * as mesos from '../wire/mesos.gen.ts'
import type * as scheduler from '../wire/scheduler.gen.ts'
import { CallLine } from './calls/index.ts'
import { CallError } from './errors.ts'
import { openEventStream } from './event-stream.ts'
import type { EventStream, StreamOutcome } from './event-stream.ts'
import type { Headers } from './exchange.ts'
import { checkAddresses, redial } from './dialing/index.ts'
import type { BackoffOptions, Masters } from './dialing/index.ts'
import {
  ACKNOWLEDGEMENTS_IN_FLIGHT_MAX,
  BACKOFF_MAX_MS,
  BACKOFF_MIN_MS,
  DIAL_TIMEOUT_MS,
  HEARTBEAT_INTERVAL_MS,
  HEARTBEATS_MISSED_MAX,
} from './limits.ts'

export type Credential = { readonly principal: string; readonly secret: string }

export type SchedulerClientOptions = {
  /** `host:port` or a URL with http or https each; one is enough, a follower names the leader. Or a source of it. */
  readonly masters: Masters
  /** Called for each subscription; the id that the first one got is filled in when it is not there. */
  readonly frameworkInfo: () => mesos.FrameworkInfo
  /** Suppressed roles and offer constraints of a subscription. */
  readonly subscription?: () => Omit<scheduler.Call_Subscribe, 'framework_info'>
  readonly contentType?: MediaType
  /** Read for each subscription, so that it can rotate. */
  readonly credential?: Credential | (() => Credential | undefined) | undefined
  readonly random?: () => number
  readonly backoff?: { readonly minMs: number; readonly maxMs: number }
  /** A stream that is silent for this many heartbeat intervals is broken. */
  readonly heartbeatsMissedMax?: number
  /** Every event, SUBSCRIBED and HEARTBEAT included, in order. */
  readonly onEvent: (event: scheduler.Event) => void
  /** After SUBSCRIBED has been handed to `onEvent`; calls can be sent from here on. */
  readonly onConnected?: (subscribed: scheduler.Event_Subscribed) => void
  readonly onDisconnected?: (reason: string) => void
  /** The master does not want this framework (any more). The client has stopped. */
  readonly onFatal: (message: string) => void
}

export type SchedulerCall = Omit<scheduler.Call, 'framework_id'>

/** Calls go one after another on one line; acknowledgements, of which a task has one at a time, wait for no answer. */
type Lines = { readonly ordered: CallLine; readonly acknowledgements: CallLine }
type Subscription = { readonly lines: Lines; readonly stream: EventStream; readonly frameworkId: mesos.FrameworkID }

const API_PATH = '/api/v1/scheduler'
const SUPERSEDED = 'another master leads'

export class SchedulerClient {
  readonly #options: SchedulerClientOptions
  readonly #mediaType: MediaType
  readonly #abort = new AbortController()
  #stream: EventStream | undefined
  #subscription: Subscription | undefined
  #frameworkId: mesos.FrameworkID | undefined
  #run: Promise<void> | undefined
  #fatal: string | undefined

  /** Throws RangeError when `masters` is empty or not made of addresses. */
  constructor(options: SchedulerClientOptions) {
    this.#options = options
    if (typeof options.masters !== 'function') checkAddresses(options.masters)
    this.#mediaType = options.contentType ?? 'application/json'
  }

  /** Subscribes, and resubscribes whenever the subscription is lost, until `close`. */
  start(): void {
    this.#run ??= this.#keepSubscribed()
  }

  isConnected(): boolean {
    return this.#subscription !== undefined
  }

  /** Calls arrive in the order of this method's invocations. Rejects with CallError. */
  call(call: SchedulerCall): Promise<void> {
    return this.#send(call, ({ ordered }) => ordered)
  }

  /** Acknowledges a status update, if it asks for that: only updates with a uuid do. In no order with other calls. */
  async acknowledge(status: mesos.TaskStatus): Promise<void> {
    const { uuid, agent_id, task_id } = status
    if (uuid === undefined || uuid.length === 0 || agent_id === undefined) return
    const call = { type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } } as const
    await this.#send(call, ({ acknowledgements }) => acknowledgements)
  }

  async #send(call: SchedulerCall, lineOf: (lines: Lines) => CallLine): Promise<void> {
    const subscription = this.#subscription
    if (subscription === undefined) throw new CallError('NOT_SUBSCRIBED', 'the framework is not subscribed')
    const body = this.#encode({ ...call, framework_id: subscription.frameworkId })
    try {
      await lineOf(subscription.lines).send(body)
    } catch (error) {
      this.#onCallFailed(call, subscription, error)
      throw error
    }
  }

  /** Ends the subscription without tearing the framework down. */
  async close(): Promise<void> {
    this.#abort.abort()
    this.#stream?.close('closed by the framework')
    await this.#run
  }

  /** A call that got lost, or met a master that does not know the subscription: only a new subscription helps. */
  #onCallFailed(call: SchedulerCall, subscription: Subscription, error: unknown): void {
    if (!(error instanceof CallError) || error.code === 'NOT_SUBSCRIBED') return
    const isUnsubscribed = error.status === 403 && call.type !== 'UPDATE_FRAMEWORK'
    const isElsewhere = error.status === 307 || error.status === 503
    if (isUnsubscribed || isElsewhere || error.code === 'CALL_UNDELIVERED') subscription.stream.close(error.message)
  }

  async #keepSubscribed(): Promise<void> {
    const { minMs, maxMs } = this.#options.backoff ?? { minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS }
    const backoff: BackoffOptions = { minMs, maxMs, random: this.#options.random ?? Math.random }
    const refused = await redial({
      masters: this.#options.masters,
      backoff,
      signal: this.#abort.signal,
      dial: (address, superseded) => this.#dial(address, superseded),
      onLost: () => this.#fatal === undefined,
    })
    const fatal = this.#fatal ?? refused?.reason
    if (fatal !== undefined && !this.#abort.signal.aborted) this.#options.onFatal(fatal)
  }

  async #dial(address: URL, superseded: AbortSignal): Promise<StreamOutcome> {
    const endpoint = { url: new URL(API_PATH, address) }
    let headers: Headers
    try {
      headers = this.#headers()
    } catch (error) {
      return { type: 'try-again', reason: `the credential cannot be read: ${String(error)}` }
    }
    let lines: Lines | undefined
    const stream = openEventStream<scheduler.Event>({
      endpoint,
      headers: { ...headers, Accept: this.#mediaType },
      body: this.#encode(this.#subscribeCall()),
      answerTimeoutMs: this.#mayAskOthers() ? DIAL_TIMEOUT_MS : undefined,
      decode: (record) => decodeAs(this.#mediaType, 'mesos.v1.scheduler.Event', record),
      onOpen: (answered) => {
        const ofStream = { ...headers, 'Mesos-Stream-Id': String(answered['mesos-stream-id'] ?? '') }
        lines = {
          ordered: new CallLine({ endpoint, headers: ofStream }),
          acknowledgements: new CallLine({
            endpoint,
            headers: ofStream,
            inFlightMax: ACKNOWLEDGEMENTS_IN_FLIGHT_MAX,
          }),
        }
        stream.setSilenceMax(this.#silenceMax(HEARTBEAT_INTERVAL_MS))
      },
      onEvent: (event) => this.#onEvent(event, { stream, lines }),
    })
    this.#stream = stream
    if (superseded.aborted) stream.close(SUPERSEDED)
    else superseded.addEventListener('abort', () => stream.close(SUPERSEDED))
    const outcome = await stream.outcome
    const reason = outcome.type === 'moved' ? `the leader is ${outcome.to.host}` : outcome.reason
    lines?.ordered.close(`the subscription ended: ${reason}`)
    lines?.acknowledgements.close(`the subscription ended: ${reason}`)
    this.#onStreamEnded(reason)
    return outcome
  }

  #onStreamEnded(reason: string): void {
    const wasConnected = this.#subscription !== undefined
    this.#stream = undefined
    this.#subscription = undefined
    if (wasConnected) this.#options.onDisconnected?.(reason)
  }

  #onEvent(event: scheduler.Event, { stream, lines }: { stream: EventStream; lines: Lines | undefined }): void {
    const { subscribed, error } = event
    if (event.type === 'SUBSCRIBED' && subscribed !== undefined && lines !== undefined) {
      const seconds = subscribed.heartbeat_interval_seconds
      if (seconds !== undefined) stream.setSilenceMax(this.#silenceMax(seconds * 1000))
      this.#frameworkId = subscribed.framework_id
      this.#subscription = { lines, stream, frameworkId: subscribed.framework_id }
    }
    if (event.type === 'ERROR') this.#fatal = error?.message ?? 'the master sent an error without a message'
    this.#options.onEvent(event)
    if (event.type === 'SUBSCRIBED' && subscribed !== undefined) this.#options.onConnected?.(subscribed)
    if (this.#fatal !== undefined) stream.close(this.#fatal)
  }

  #mayAskOthers(): boolean {
    const { masters } = this.#options
    return typeof masters === 'function' || masters.length > 1
  }

  #silenceMax(intervalMs: number): number {
    return intervalMs * (this.#options.heartbeatsMissedMax ?? HEARTBEATS_MISSED_MAX)
  }

  #subscribeCall(): scheduler.Call {
    const info = this.#options.frameworkInfo()
    const id = info.id ?? this.#frameworkId
    const subscribe = { ...this.#options.subscription?.(), framework_info: { ...info, id } }
    return { type: 'SUBSCRIBE', framework_id: id, subscribe }
  }

  #headers(): Headers {
    const { credential } = this.#options
    const current = typeof credential === 'function' ? credential() : credential
    const base = { 'Content-Type': this.#mediaType }
    if (current === undefined) return base
    const token = Buffer.from(`${current.principal}:${current.secret}`).toString('base64')
    return { ...base, Authorization: `Basic ${token}` }
  }

  #encode(call: scheduler.Call): Uint8Array {
    return encodeAs(this.#mediaType, 'mesos.v1.scheduler.Call', call)
  }
}
