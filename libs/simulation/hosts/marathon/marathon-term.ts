/** One term of a leading Marathon: the real core under the real loop, its state from the store, a master to talk to. */
import { loadState } from '@thermosphere/marathon/state'
import { frameworkInfo, step } from '@thermosphere/marathon-core'
import type {
  ApiResponse,
  Command,
  Effect,
  Input,
  MarathonState,
  Probe,
  ProbeOutcome,
} from '@thermosphere/marathon-core'
import { steadyClock } from '@thermosphere/service-kit'
import type { Leadership, Term } from '@thermosphere/store'
import { RefusedByMaster } from '../scheduler/refused.ts'
import { SchedulerConnection } from '../scheduler/scheduler-connection.ts'
import { TermLoop } from '../scheduler/term-loop.ts'
import type { TermOptions } from '../scheduler/term-loop.ts'
import { marathonConfig } from './marathon-config.ts'
import type { MarathonWatch } from './marathon-watch.ts'

export type MarathonTermOptions = TermOptions & {
  readonly watch: MarathonWatch
  readonly probe: (probe: Probe, taskId: string, done: (outcome: ProbeOutcome) => void) => void
}

type Performed = Exclude<Effect, { readonly type: 'store' | 'timer' }>
type Answer = (response: ApiResponse) => void

export async function openMarathonTerm(options: MarathonTermOptions): Promise<MarathonTerm> {
  const { store, random } = options
  const state = await loadState(store, { config: marathonConfig, random })
  options.watch.onTerm(state)
  const term = new MarathonTerm(options, state)
  term.start()
  return term
}

export class MarathonTerm implements Term {
  readonly state: MarathonState
  readonly leadership: Leadership
  readonly #options: MarathonTermOptions
  readonly #loop: TermLoop<Input, Effect>
  readonly #connection: SchedulerConnection
  readonly #answers = new Map<number, Answer>()
  #requestId = 0

  constructor(options: MarathonTermOptions, state: MarathonState) {
    this.state = state
    this.leadership = options.leadership
    this.#options = options
    const loopClock = steadyClock(options.loopClock)
    this.#loop = new TermLoop<Input, Effect>(
      { ...options, loopClock },
      {
        step: (input, now) => this.#step(input, now),
        perform: (effect) => this.#perform(effect),
        timerInput: (key) => ({ type: 'timer', key }),
      },
    )
    this.#connection = new SchedulerConnection({
      ...options,
      frameworkInfo: () => frameworkInfo(state),
      onEvent: (event) => this.#loop.submit({ type: 'mesos-event', event }),
      onDisconnected: () => this.#loop.submit({ type: 'mesos-disconnected' }),
      onFatal: (message) => options.end(new RefusedByMaster(message)),
    })
  }

  start(): void {
    this.#loop.submit({ type: 'start' })
    this.#connection.start()
  }

  command(command: Command, answer: Answer): void {
    const requestId = ++this.#requestId
    this.#answers.set(requestId, answer)
    this.#loop.submit({ type: 'command', requestId, command })
  }

  get isConnected(): boolean {
    return this.#connection.isConnected
  }

  get isSettled(): boolean {
    return this.#loop.isSettled
  }

  async close(): Promise<void> {
    this.#connection.close()
    await this.#loop.close()
    for (const answer of this.#answers.values()) answer({ status: 503 })
    this.#answers.clear()
  }

  #step(input: Input, now: number): Effect[] {
    const { watch } = this.#options
    this.#watchInput(input)
    const before = watch.before(this.state)
    const effects = step(this.state, input, now)
    const isKill = input.type === 'command' && input.command.type.startsWith('kill-')
    if (!isKill && input.type !== 'start') watch.after(this.state, before)
    return effects
  }

  /** Watchers know what the core knows: what still waits to be stepped has not been said to it. */
  #watchInput(input: Input): void {
    const { watch } = this.#options
    if (input.type === 'mesos-event' && input.event.update !== undefined)
      watch.onStatus(this.state, input.event.update.status)
    if (input.type !== 'probe-result') return
    const { taskId, outcome } = input
    const isAlive = outcome.kind === 'connected' || (outcome.kind === 'http' && outcome.status < 400)
    watch.onProbed(this.state, { taskId, isAlive })
  }

  #perform(effect: Performed): void {
    const { watch, probe, durable } = this.#options
    switch (effect.type) {
      case 'call':
        watch.onCall(effect.call, (key) => durable(key, this.leadership))
        return void this.#connection.call(effect.call)
      case 'respond':
        watch.onAnswer(effect.response)
        this.#answers.get(effect.requestId)?.(effect.response)
        this.#answers.delete(effect.requestId)
        return
      case 'event':
        return
      case 'probe': {
        const { key, taskId } = effect
        return probe(effect.probe, taskId, (outcome) =>
          this.#loop.submit({ type: 'probe-result', key, taskId, outcome }),
        )
      }
    }
  }
}
