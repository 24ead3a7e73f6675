/** Joins the core to its surroundings: the loop, the store, the master, followers of events, waiting requests. */
import { runView, showJob, step } from '@thermosphere/chronos-core'
import type {
  ChronosEvent,
  ChronosState,
  Command,
  Effect,
  Input,
  Notification,
  Reply,
} from '@thermosphere/chronos-core'
import type { Random } from '@thermosphere/effects'
import type { Credential, Masters } from '@thermosphere/protocol/node'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { CoreLoop, delay, encodeServerSentEvent, HttpError } from '@thermosphere/service-kit'
import type { Background, EventStream, Logger, LoopSurroundings, Metrics } from '@thermosphere/service-kit'
import { fencedPersist } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { commandTimeoutMs, eventSubscribersMax, refusedDelayMs, resubscribeDelayMs } from '../limits.ts'

export type ChronosOptions = {
  readonly state: ChronosState
  readonly store: Store
  /** Without it nothing is written any more. */
  readonly leadership: Leadership
  readonly masters: Masters
  readonly frameworkInfo: (id: string | undefined) => mesos.FrameworkInfo
  readonly credential?: () => Credential | undefined
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly background: Background
  readonly loop?: LoopSurroundings | undefined
  readonly onFatal: (error: unknown) => void
  readonly notify?: (notification: Notification) => void
  /** Streams of events at a time. */
  readonly followersMax?: number
}

type Waiting = {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** What masters say when they have forgotten a framework for good. */
const removedPattern = /removed|torn down|completed/i
const reviveCountName = 'org.apache.mesos.chronos.scheduler.mesos.MesosOfferReviver.reviveOffersCount'

export class Chronos {
  readonly state: ChronosState
  readonly #options: ChronosOptions
  readonly #loop: CoreLoop<Input, Effect>
  readonly #waiting = new Map<string, Waiting>()
  readonly #followers = new Set<EventStream>()
  #client: SchedulerClient
  readonly #closing = new AbortController()

  constructor(options: ChronosOptions) {
    this.#options = options
    this.state = options.state
    this.#loop = new CoreLoop<Input, Effect>({
      ...options.loop,
      step: (input, now) => step(options.state, input, now),
      persist: (operations) => fencedPersist(options.store, { leadership: options.leadership, operations }),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      onFatal: options.onFatal,
    })
    this.#client = this.#createClient()
  }

  get isConnected(): boolean {
    return this.#client.isConnected()
  }

  get followerCount(): number {
    return this.#followers.size
  }

  start(): void {
    this.#loop.submit({ type: 'start' })
    this.#client.start()
  }

  /** Rejects with 503 when the store does not take the change in time; it may still be made. */
  command(command: Command): Promise<Reply> {
    if (this.#closing.signal.aborted) return Promise.reject(deposed())
    const id = this.#options.random.uuid()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(
          new HttpError(503, 'the store does not answer in time; look whether the change was made before repeating it'),
        )
      }, commandTimeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#loop.submit({ type: 'command', id, command })
    })
  }

  follow(stream: EventStream): void {
    if (this.#followers.size >= (this.#options.followersMax ?? eventSubscribersMax)) {
      const [oldest] = this.#followers
      if (oldest !== undefined) this.unfollow(oldest)
      oldest?.close()
    }
    this.#followers.add(stream)
  }

  unfollow(stream: EventStream): void {
    this.#followers.delete(stream)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    // Nothing more can be written without leadership: whoever waits is told at once, whatever the store does.
    if (this.#options.leadership.lost.aborted) this.#refuseWaiting()
    await this.#client.close()
    for (const stream of this.#followers) stream.close()
    try {
      await this.#loop.close()
    } finally {
      this.#refuseWaiting()
    }
  }

  #refuseWaiting(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(deposed())
    }
    this.#waiting.clear()
  }

  #createClient(): SchedulerClient {
    const { masters, frameworkInfo, credential, random, logger } = this.#options
    return new SchedulerClient({
      masters,
      frameworkInfo: () => frameworkInfo(this.state.frameworkId),
      ...(credential !== undefined && { credential }),
      random: () => random.fraction(),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: (reason) => {
        logger.warn({ reason }, 'mesos.disconnected')
        this.#loop.submit({ type: 'disconnected' })
      },
      onFatal: (message) => this.#onRefused(message),
    })
  }

  /** Only a framework that was removed begins anew; whatever else the master dislikes is tried again, with its id. */
  #onRefused(message: string): void {
    this.#options.logger.error({ reason: message }, 'mesos.framework.refused')
    this.#loop.submit({ type: 'disconnected' })
    if (removedPattern.test(message)) this.#loop.submit({ type: 'framework-removed' })
    else this.#resubscribe(refusedDelayMs)
  }

  #onEvent(event: scheduler.Event): void {
    const { subscribed, offers, update } = event
    if (event.type === 'SUBSCRIBED' && subscribed !== undefined) {
      this.#options.logger.info({ frameworkId: subscribed.framework_id.value }, 'mesos.subscribed')
      this.#loop.submit({ type: 'connected', frameworkId: subscribed.framework_id.value })
    }
    if (event.type === 'OFFERS' && offers !== undefined)
      this.#loop.submit({ type: 'offers', offers: offers.offers ?? [] })
    if (event.type === 'UPDATE' && update !== undefined) this.#loop.submit({ type: 'update', status: update.status })
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'reply':
        return this.#reply(effect.id, effect.reply)
      case 'call':
        return this.#call(effect.call)
      case 'event':
        return this.#tell(effect.event)
      case 'count':
        return this.#count(effect)
      case 'notify':
        return this.#options.notify?.(effect.notification)
      case 'resubscribe':
        return this.#resubscribe(resubscribeDelayMs)
      case 'store':
      case 'timer':
        return
    }
  }

  #reply(id: string, reply: Reply): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.resolve(reply)
  }

  /** A call that does not arrive is made good by what follows the next subscription: reconciliation and new offers. */
  #call(call: Parameters<SchedulerClient['call']>[0]): void {
    this.#client.call(call).catch((error: unknown) => {
      this.#options.logger.warn({ call: call.type, err: error }, 'mesos.call.failed')
    })
  }

  #tell(event: ChronosEvent): void {
    if (this.#followers.size === 0) return
    const text = encodeServerSentEvent({ event: event.type, data: JSON.stringify(this.#eventData(event)) })
    for (const stream of this.#followers) stream.sendEncoded(text)
  }

  #eventData(event: ChronosEvent): object {
    if (event.type === 'job_deleted') return { name: event.name }
    if (event.type === 'job_updated') return { job: showJob(this.state, event.name, '3') ?? { name: event.name } }
    return { job: event.run.job, run: runView(this.state, event.run) }
  }

  #count({ metric, job, valueMs }: Extract<Effect, { type: 'count' }>): void {
    const { metrics, logger } = this.#options
    metrics.counter(metric === 'revive' ? reviveCountName : `jobs.run.${metric}`).increment()
    if (valueMs !== undefined) metrics.timer(`jobs.run.${metric === 'launch' ? 'lateness' : 'time'}`).observe(valueMs)
    logger.debug({ job, valueMs }, `job.run.${metric}`)
  }

  /** Not at once: a master that refuses will refuse again. */
  #resubscribe(delayMs: number): void {
    this.#options.background.run('mesos.resubscribe', this.#resubscribeLater(delayMs))
  }

  async #resubscribeLater(delayMs: number): Promise<void> {
    await this.#client.close()
    await delay(delayMs, this.#closing.signal)
    this.#client = this.#createClient()
    this.#client.start()
  }
}

const deposed = (): HttpError =>
  new HttpError(503, 'this Chronos does not lead any more; look whether the change was made and repeat it')
