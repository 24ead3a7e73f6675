/** Runs the core: inputs from Mesos, the API and probes; effects to Mesos, the store, answers, events and probes. */
import { frameworkInfo, step } from '@thermosphere/marathon-core'
import type { ApiResponse, Command, Effect, Input, MarathonEvent, MarathonState } from '@thermosphere/marathon-core'
import { CallError, SchedulerClient } from '@thermosphere/protocol/node'
import type { Credential, Masters } from '@thermosphere/protocol/node'
import type { scheduler } from '@thermosphere/protocol'
import { Background, CoreLoop, realLoopClock, steadyClock } from '@thermosphere/service-kit'
import type { LoopSurroundings } from '@thermosphere/service-kit'
import { fencedPersist } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import type { Loggers } from '../logger.ts'
import type { MarathonMetrics } from './metrics.ts'
import { Prober } from './prober.ts'

export type ShellOptions = {
  readonly state: MarathonState
  readonly store: Store
  /** Without it nothing is written any more. */
  readonly leadership: Leadership
  readonly masters: Masters
  readonly credential: () => Credential | undefined
  readonly probesMax: number
  readonly metrics: MarathonMetrics
  readonly loggers: Loggers
  readonly loop: LoopSurroundings
  readonly onFatal: (error: unknown) => void
  /** Mesos does not want this framework any more. */
  readonly onRefused: (message: string) => void
}

type Performed = Exclude<Effect, { readonly type: 'store' | 'timer' }>
export type EventListener = (event: MarathonEvent) => void

const deposed: ApiResponse = {
  status: 503,
  body: { message: 'This Marathon does not lead any more; look whether the change was made and repeat it' },
}

export class MarathonShell {
  readonly state: MarathonState
  /** The time that the core reckons with. */
  readonly now: () => number
  readonly #loop: CoreLoop<Input, Effect>
  readonly #client: SchedulerClient
  readonly #prober: Prober
  readonly #metrics: MarathonMetrics
  readonly #answers = new Map<number, (response: ApiResponse) => void>()
  readonly #listeners = new Set<EventListener>()
  readonly #loggers: Loggers
  readonly #background: Background
  readonly #leadership: Leadership
  #requestId = 0
  #isClosing = false

  constructor(options: ShellOptions) {
    const { state, metrics, loggers } = options
    this.state = state
    this.#leadership = options.leadership
    this.#loggers = loggers
    this.#background = new Background((name, error) => loggers.mesos.warn({ err: error, name }, 'mesos.call.failed'))
    this.#metrics = metrics
    this.#prober = new Prober(options.probesMax)
    // Back-offs, grace periods and time-outs must not end, or never end, because somebody sets the clock.
    const clock = steadyClock(options.loop.clock ?? realLoopClock)
    this.now = () => clock.now()
    this.#loop = new CoreLoop<Input, Effect>({
      ...options.loop,
      clock,
      step: (input, now) => step(state, input, now),
      persist: (operations) => fencedPersist(options.store, { leadership: options.leadership, operations }),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      onFatal: options.onFatal,
    })
    this.#client = new SchedulerClient({
      masters: options.masters,
      frameworkInfo: () => frameworkInfo(state),
      contentType: 'application/json',
      credential: options.credential,
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: (reason) => this.#onDisconnected(reason),
      onFatal: (message) => options.onRefused(message),
    })
  }

  start(): void {
    this.#loop.submit({ type: 'start' })
    this.#client.start()
  }

  /** Resolves with the answer once everything it tells of is durable. */
  command(command: Command): Promise<ApiResponse> {
    if (this.#isClosing) return Promise.resolve(deposed)
    const requestId = ++this.#requestId
    return new Promise((resolve) => {
      this.#answers.set(requestId, resolve)
      this.#loop.submit({ type: 'command', requestId, command })
    })
  }

  /** Every event from now on; the returned function ends it. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** An event that the shell itself knows of. */
  announce(event: MarathonEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** The master hears nothing more from here; whoever waits for an answer learns that it will not come. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#prober.close()
    // Nothing more can be written without leadership: whoever waits is told at once, whatever the store does.
    if (this.#leadership.lost.aborted) this.#refuseWaiting()
    await this.#client.close()
    try {
      await this.#loop.close()
    } finally {
      this.#refuseWaiting()
    }
    await this.#background.settled()
  }

  #refuseWaiting(): void {
    for (const answer of this.#answers.values()) answer(deposed)
    this.#answers.clear()
  }

  #onEvent(event: scheduler.Event): void {
    this.#metrics.countEvent(event)
    if (event.type === 'SUBSCRIBED')
      this.#loggers.mesos.info({ frameworkId: event.subscribed?.framework_id.value }, 'mesos.subscribed')
    this.#loop.submit({ type: 'mesos-event', event })
  }

  #onDisconnected(reason: string): void {
    this.#loggers.mesos.warn({ reason }, 'mesos.disconnected')
    this.#loop.submit({ type: 'mesos-disconnected' })
  }

  #perform(effect: Performed): void {
    switch (effect.type) {
      case 'call':
        this.#metrics.countCall(effect.call)
        return this.#background.run(`${effect.call.type}`, this.#send(effect.call))
      case 'respond':
        this.#answers.get(effect.requestId)?.(effect.response)
        this.#answers.delete(effect.requestId)
        return
      case 'event':
        this.#loggers.log.debug({ event: effect.event.data }, 'event')
        return this.announce(effect.event)
      case 'probe': {
        const { key, taskId } = effect
        return this.#prober.probe(effect.probe, (outcome) =>
          this.#loop.submit({ type: 'probe-result', key, taskId, outcome }),
        )
      }
    }
  }

  /** A call that found no subscription is decided anew after the next one; see the core's mesos-events. */
  async #send(call: scheduler.Call): Promise<void> {
    try {
      await this.#client.call(call)
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'NOT_SUBSCRIBED') throw error
      this.#loggers.mesos.debug({ call: call.type }, 'mesos.call.unsubscribed')
    }
  }
}
