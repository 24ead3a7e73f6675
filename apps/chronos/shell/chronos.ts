/** Joins the core to its surroundings: the loop, the store, the master, the followers of events, the waiting requests. */
import { findRun, runView, showJob, step } from '@thermosphere/chronos-core'
import type { ChronosEvent, ChronosState, Command, Effect, Input, Reply } from '@thermosphere/chronos-core'
import type { Random } from '@thermosphere/effects'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { CoreLoop, encodeServerSentEvent, HttpError } from '@thermosphere/service-kit'
import type { Background, EventStream, Logger, Metrics } from '@thermosphere/service-kit'
import type { Store } from '@thermosphere/store'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { commandTimeoutMs, eventSubscribersMax } from '../limits.ts'

export type ChronosOptions = {
  readonly state: ChronosState
  readonly store: Store
  readonly masters: readonly string[]
  readonly frameworkInfo: (id: string | undefined) => mesos.FrameworkInfo
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly background: Background
  readonly onFatal: (error: unknown) => void
}

type Waiting = { readonly resolve: (reply: Reply) => void; readonly timer: NodeJS.Timeout }

export class Chronos {
  readonly state: ChronosState
  readonly #options: ChronosOptions
  readonly #loop: CoreLoop<Input, Effect>
  readonly #waiting = new Map<string, Waiting>()
  readonly #followers = new Set<EventStream>()
  #client: SchedulerClient
  #isClosing = false

  constructor(options: ChronosOptions) {
    this.#options = options
    this.state = options.state
    this.#loop = new CoreLoop<Input, Effect>({
      step: (input, now) => step(options.state, input, now),
      persist: async (operations) => {
        const result = await options.store.transact({ operations })
        if (!result.applied) throw new Error('the store refused a write without conditions')
      },
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      onFatal: options.onFatal,
    })
    this.#client = this.#createClient()
  }

  get isConnected(): boolean {
    return this.#client.isConnected()
  }

  start(): void {
    this.#client.start()
  }

  /** Rejects with 503 when the store does not take the change in time; it may still be made. */
  command(command: Command): Promise<Reply> {
    const id = this.#options.random.uuid()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(
          new HttpError(503, 'the store does not answer in time; look whether the change was made before repeating it'),
        )
      }, commandTimeoutMs)
      this.#waiting.set(id, { resolve, timer })
      this.#loop.submit({ type: 'command', id, command })
    })
  }

  follow(stream: EventStream): void {
    if (this.#followers.size >= eventSubscribersMax) {
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
    this.#isClosing = true
    await this.#client.close()
    for (const stream of this.#followers) stream.close()
    await this.#loop.close()
  }

  #createClient(): SchedulerClient {
    const { masters, frameworkInfo, random, logger } = this.#options
    return new SchedulerClient({
      masters,
      frameworkInfo: () => frameworkInfo(this.state.frameworkId),
      random: () => random.fraction(),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: (reason) => {
        logger.warn({ reason }, 'mesos.disconnected')
        this.#loop.submit({ type: 'disconnected' })
      },
      onFatal: (message) => {
        logger.error({ reason: message }, 'mesos.framework.refused')
        this.#loop.submit({ type: 'framework-removed' })
      },
    })
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
      case 'resubscribe':
        return this.#resubscribe()
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
    const run = findRun(this.state, event.runId)
    return { job: event.job, run: run === undefined ? { id: event.runId } : runView(this.state, run) }
  }

  #count({ metric, job, valueMs }: Extract<Effect, { type: 'count' }>): void {
    const { metrics, logger } = this.#options
    metrics.counter(`jobs.run.${metric}`).increment()
    if (job !== undefined && (metric === 'success' || metric === 'failure')) {
      metrics.counter(`jobs.run.${metric}.${job}`).increment()
    }
    if (valueMs !== undefined) metrics.timer(`jobs.run.${metric === 'launch' ? 'lateness' : 'time'}`).observe(valueMs)
    logger.info({ job, valueMs }, `job.run.${metric}`)
  }

  #resubscribe(): void {
    if (this.#isClosing) return
    const before = this.#client
    this.#client = this.#createClient()
    this.#options.background.run('mesos.client.close', before.close())
    this.#client.start()
  }
}
