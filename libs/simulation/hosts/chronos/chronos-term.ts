/** One term of a leading Chronos: the real core under the real loop, its state from the store, a master to talk to. */
import { loadState } from '@thermosphere/chronos/state'
import { step } from '@thermosphere/chronos-core'
import type { ChronosState, Command, Effect, Input, Reply } from '@thermosphere/chronos-core'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { CoreLoop } from '@thermosphere/service-kit'
import { fencedPersist } from '@thermosphere/store'
import type { Leadership, Term } from '@thermosphere/store'
import { SchedulerConnection } from '../scheduler/scheduler-connection.ts'
import type { Surroundings } from '../scheduler/surroundings.ts'
import { chronosConfig, chronosFramework } from './chronos-config.ts'
import type { ChronosWatch } from './chronos-watch.ts'

export type ChronosTermOptions = Surroundings & {
  readonly leadership: Leadership
  /** Ends the term, for the error if there is one. */
  readonly end: (error?: unknown) => void
  readonly watch: ChronosWatch
  /** Whatever a master says of a task. */
  readonly onTold: (status: mesos.TaskStatus) => void
}

type Answer = (reply: Reply) => void

const removedPattern = /removed|torn down|completed/i
const resubscribeDelayMs = 2_000
const refusedDelayMs = 30_000

export async function openChronosTerm(options: ChronosTermOptions): Promise<ChronosTerm> {
  const { store, random } = options
  const state = await loadState(store, { config: chronosConfig, random })
  options.watch.onTerm(state)
  const term = new ChronosTerm(options, state)
  term.start()
  return term
}

export class ChronosTerm implements Term {
  readonly state: ChronosState
  readonly leadership: Leadership
  readonly #options: ChronosTermOptions
  readonly #loop: CoreLoop<Input, Effect>
  #connection: SchedulerConnection
  #persistingCount = 0
  readonly #answers = new Map<string, Answer>()
  #isClosing = false

  constructor(options: ChronosTermOptions, state: ChronosState) {
    this.state = state
    this.leadership = options.leadership
    this.#options = options
    const { store, leadership, end, loopClock } = options
    this.#loop = new CoreLoop<Input, Effect>({
      step: (input, now) => step(this.state, input, now),
      persist: async (operations) => {
        this.#persistingCount++
        await fencedPersist(store, { leadership, operations })
        this.#persistingCount--
      },
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      clock: loopClock,
      onFatal: end,
    })
    this.#connection = this.#createConnection()
  }

  start(): void {
    this.#loop.submit({ type: 'start' })
    this.#connection.start()
  }

  command(command: Command, answer: Answer): void {
    const id = this.#options.random.uuid()
    this.#answers.set(id, answer)
    this.#loop.submit({ type: 'command', id, command })
  }

  get isConnected(): boolean {
    return this.#connection.isConnected
  }

  /** Nothing is decided that is not stored, and the store has all that was decided. */
  get isSettled(): boolean {
    const { queuedCount, unpersistedWriteCount, heldEffectCount } = this.#loop.stats()
    return queuedCount + unpersistedWriteCount + heldEffectCount + this.#persistingCount === 0
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#connection.close()
    await this.#loop.close()
    for (const answer of this.#answers.values()) answer({ status: 503 })
    this.#answers.clear()
  }

  #createConnection(): SchedulerConnection {
    return new SchedulerConnection({
      ...this.#options,
      frameworkInfo: () => chronosFramework(this.state.frameworkId),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: () => this.#loop.submit({ type: 'disconnected' }),
      onFatal: (message) => this.#onRefused(message),
    })
  }

  #onRefused(message: string): void {
    this.#loop.submit({ type: 'disconnected' })
    if (removedPattern.test(message)) this.#loop.submit({ type: 'framework-removed' })
    else this.#resubscribe(refusedDelayMs)
  }

  #resubscribe(delayMs: number): void {
    this.#connection.close()
    this.#options.clock.after(delayMs, () => {
      if (this.#isClosing) return
      this.#connection = this.#createConnection()
      this.#connection.start()
    })
  }

  #onEvent({ subscribed, offers, update }: scheduler.Event): void {
    if (subscribed !== undefined) this.#loop.submit({ type: 'connected', frameworkId: subscribed.framework_id.value })
    if (offers !== undefined) this.#loop.submit({ type: 'offers', offers: offers.offers ?? [] })
    if (update !== undefined) {
      this.#options.watch.onStatus(update.status)
      this.#options.onTold(update.status)
      this.#loop.submit({ type: 'update', status: update.status })
    }
  }

  #perform(effect: Effect): void {
    const { watch, durable } = this.#options
    switch (effect.type) {
      case 'call':
        watch.onCall(this.state, effect.call, { now: this.#options.clock.now(), stored: durable })
        return void this.#connection.call(effect.call)
      case 'reply':
        this.#answers.get(effect.id)?.(effect.reply)
        this.#answers.delete(effect.id)
        return
      case 'resubscribe':
        return this.#resubscribe(resubscribeDelayMs)
      default:
        return
    }
  }
}
