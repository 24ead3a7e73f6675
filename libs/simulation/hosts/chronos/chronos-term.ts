/** One term of a leading Chronos: the real core under the real loop, its state from the store, a master to talk to. */
import { loadState } from '@thermosphere/chronos/state'
import { step } from '@thermosphere/chronos-core'
import type { ChronosState, Command, Effect, Input, Reply } from '@thermosphere/chronos-core'
import type { scheduler } from '@thermosphere/protocol'
import type { Leadership, Term } from '@thermosphere/store'
import { SchedulerConnection } from '../scheduler/scheduler-connection.ts'
import { TermLoop } from '../scheduler/term-loop.ts'
import type { TermOptions } from '../scheduler/term-loop.ts'
import { chronosConfig, chronosFramework } from './chronos-config.ts'
import type { ChronosWatch } from './chronos-watch.ts'

export type ChronosTermOptions = TermOptions & { readonly watch: ChronosWatch }

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
  readonly #loop: TermLoop<Input, Effect>
  #connection: SchedulerConnection
  readonly #answers = new Map<string, Answer>()
  #isClosing = false

  constructor(options: ChronosTermOptions, state: ChronosState) {
    this.state = state
    this.leadership = options.leadership
    this.#options = options
    this.#loop = new TermLoop<Input, Effect>(options, {
      step: (input, now) => this.#step(input, now),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
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

  get isSettled(): boolean {
    return this.#loop.isSettled
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
    if (update !== undefined) this.#loop.submit({ type: 'update', status: update.status })
  }

  /** Watchers know what the core knows: what still waits to be stepped has not been said to it. */
  #step(input: Input, now: number): readonly Effect[] {
    if (input.type === 'update') this.#options.watch.onStatus(input.status)
    if (input.type === 'command') this.#options.watch.onCommand(this.state, input.command)
    return step(this.state, input, now)
  }

  #perform(effect: Effect): void {
    const { watch, durable, clock } = this.#options
    const stored = (key: string): string | undefined => durable(key, this.leadership)
    switch (effect.type) {
      case 'call':
        watch.onCall(this.state, effect.call, { now: clock.now(), stored })
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
