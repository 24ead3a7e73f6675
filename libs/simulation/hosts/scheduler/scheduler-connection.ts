/**
 * A framework's connection to whichever master leads, as SchedulerClient keeps it: redirects, backoff, silence, calls
 * one after another that are lost with their connection. The same rules without sockets and promises.
 */
import type { Random } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'

export type SchedulerCall = Omit<scheduler.Call, 'framework_id'>

export type DialOutcome =
  | { readonly type: 'ended' | 'try-again' | 'give-up'; readonly reason: string }
  | { readonly type: 'moved'; readonly to: string }

export type DialHandlers = {
  onEvent(event: scheduler.Event): void
  /** Once, and nothing after it. */
  onEnd(outcome: DialOutcome): void
}

/** One subscription to one master. `done` gets the status of the answer, undefined when there was none. */
export type MasterStream = {
  send(call: scheduler.Call, done: (status: number | undefined) => void): void
  close(): void
}

export type Dial = (master: string, subscribe: scheduler.Call, handlers: DialHandlers) => MasterStream

export type ConnectionClock = {
  now(): number
  /** Returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

export type SchedulerConnectionOptions = {
  readonly masters: readonly string[]
  readonly dial: Dial
  readonly clock: ConnectionClock
  readonly random: Random
  readonly frameworkInfo: () => mesos.FrameworkInfo
  readonly onEvent: (event: scheduler.Event) => void
  readonly onDisconnected: (reason: string) => void
  readonly onFatal: (message: string) => void
}

const backoffMinMs = 250
const backoffMaxMs = 5_000
const redirectsMax = 3
const stableMs = 10_000
const heartbeatsMissedMax = 5
const defaultHeartbeatMs = 15_000

type Attempt = { readonly stream: MasterStream; readonly startedAt: number; frameworkId: mesos.FrameworkID | undefined }
type Pending = { readonly call: SchedulerCall }

export class SchedulerConnection {
  readonly #options: SchedulerConnectionOptions
  #attempt: Attempt | undefined
  #calls: Pending[] = []
  #isCalling = false
  #cancelSilence: () => void = () => {}
  #cancelRedial: () => void = () => {}
  #silenceMs = defaultHeartbeatMs * heartbeatsMissedMax
  #backoff = 0
  #index = 0
  #redirects = 0
  #leader: string | undefined
  #lastId: mesos.FrameworkID | undefined
  #isClosed = false
  #fatal: string | undefined

  constructor(options: SchedulerConnectionOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#attempt?.frameworkId !== undefined
  }

  start(): void {
    this.#dial()
  }

  /** False when there is no subscription: the call goes nowhere. */
  call(call: SchedulerCall): boolean {
    if (!this.isConnected) return false
    this.#calls.push({ call })
    this.#sendNext()
    return true
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRedial()
    this.#lose('closed by the framework')
  }

  #dial(): void {
    if (this.#isClosed) return
    const { masters, dial, clock } = this.#options
    const address = this.#leader ?? masters[this.#index % masters.length] ?? ''
    let attempt: Attempt | undefined = undefined
    const stream = dial(address, this.#subscribeCall(), {
      onEvent: (event) => attempt !== undefined && attempt === this.#attempt && this.#onEvent(attempt, event),
      onEnd: (outcome) => attempt !== undefined && attempt === this.#attempt && this.#onEnd(outcome),
    })
    attempt = { stream, startedAt: clock.now(), frameworkId: undefined }
    this.#attempt = attempt
    this.#listen()
  }

  #subscribeCall(): scheduler.Call {
    const info = this.#options.frameworkInfo()
    const id = info.id ?? this.#lastId
    const framework_info = id === undefined ? info : { ...info, id }
    return { type: 'SUBSCRIBE', ...(id && { framework_id: id }), subscribe: { framework_info } }
  }

  #onEvent(attempt: Attempt, event: scheduler.Event): void {
    const { subscribed, error } = event
    if (subscribed !== undefined) {
      const seconds = subscribed.heartbeat_interval_seconds
      if (seconds !== undefined) this.#silenceMs = seconds * 1000 * heartbeatsMissedMax
      this.#lastId = subscribed.framework_id
      attempt.frameworkId = subscribed.framework_id
    }
    if (event.type === 'ERROR') this.#fatal = error?.message ?? 'an error without a message'
    this.#listen()
    this.#options.onEvent(event)
    if (this.#fatal !== undefined) this.#lose(this.#fatal)
  }

  /** A stream that is silent for long is broken. */
  #listen(): void {
    this.#cancelSilence()
    this.#cancelSilence = this.#options.clock.after(this.#silenceMs, () => this.#lose('nothing arrived for long'))
  }

  #lose(reason: string): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#onEnd({ type: attempt.frameworkId === undefined ? 'try-again' : 'ended', reason })
    attempt.stream.close()
  }

  #onEnd(outcome: DialOutcome): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#attempt = undefined
    this.#calls = []
    this.#isCalling = false
    this.#cancelSilence()
    if (attempt.frameworkId !== undefined)
      this.#options.onDisconnected(outcome.type === 'moved' ? 'moved' : outcome.reason)
    if (this.#isClosed) return
    const fatal = this.#fatal ?? (outcome.type === 'give-up' ? outcome.reason : undefined)
    if (fatal === undefined) this.#redial(outcome, attempt)
    else {
      this.#isClosed = true
      this.#options.onFatal(fatal)
    }
  }

  #redial(outcome: DialOutcome, { startedAt }: Attempt): void {
    if (outcome.type === 'moved') {
      this.#leader = outcome.to
      this.#redirects++
      if (this.#redirects <= redirectsMax) return this.#dial()
    } else {
      this.#leader = undefined
      const lasted = this.#options.clock.now() - startedAt
      if (outcome.type === 'ended' && lasted >= stableMs) this.#backoff = 0
      if (outcome.type === 'try-again') this.#index++
    }
    this.#redirects = 0
    this.#cancelRedial = this.#options.clock.after(this.#nextDelayMs(), () => this.#dial())
  }

  #nextDelayMs(): number {
    const bound = Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#backoff)
    if (bound < backoffMaxMs) this.#backoff++
    return Math.floor(this.#options.random.fraction() * bound)
  }

  #sendNext(): void {
    const attempt = this.#attempt
    const next = this.#calls[0]
    if (this.#isCalling || attempt === undefined || next === undefined) return
    this.#isCalling = true
    const call: scheduler.Call = { ...next.call, ...(attempt.frameworkId && { framework_id: attempt.frameworkId }) }
    attempt.stream.send(call, (status) => {
      if (attempt !== this.#attempt) return
      this.#isCalling = false
      this.#calls.shift()
      if (isLost(next.call, status)) this.#lose(`a call was answered with ${status ?? 'nothing'}`)
      else this.#sendNext()
    })
  }
}

/** Answers after which only a new subscription helps. */
function isLost({ type }: SchedulerCall, status: number | undefined): boolean {
  if (status === undefined || status === 307 || status === 503) return true
  return status === 403 && type !== 'UPDATE_FRAMEWORK'
}
