/** What a leading master runs: the real core under the real loop, its registry from the store, and who is connected. */
import type { Random } from '@thermosphere/effects'
import { createRandom } from '@thermosphere/effects'
import { loadRegistry } from '@thermosphere/master/registry'
import { createMaster, step } from '@thermosphere/master-core'
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { CoreLoop } from '@thermosphere/service-kit'
import type { Leadership, Store, Term } from '@thermosphere/store'
import { loopClockOf } from '../../kernel/index.ts'
import type { Ends, Line, SimProcess } from '../../kernel/index.ts'
import type { Answer, FromLink, FromStream, ToCalls, ToLink, ToOperator, ToStream } from '../wire.ts'
import { persistAsLeader } from '../persist-as-leader.ts'
import type { Masters } from '../../scenario/scenario.ts'
import type { Report } from '../scheduler/report.ts'
import { masterConfig } from './master-config.ts'
import type { MasterWatch } from './master-watch.ts'

export type MasterTermOptions = {
  readonly process: SimProcess
  readonly store: Store
  readonly random: Random
  readonly masters: Masters
  readonly watch: MasterWatch
  readonly report: Report
  readonly leadership: Leadership
  readonly end: (error?: unknown) => void
}

export async function openMasterTerm(options: MasterTermOptions): Promise<MasterTerm> {
  const { store, process, leadership, random, masters, watch } = options
  const registry = await loadRegistry(store)
  const master = createMaster({
    config: { ...masterConfig, allocationWorkMax: masters.allocationWorkMax, stepWorkMax: masters.allocationWorkMax },
    info: { id: `${process.name}-${leadership.token}`, ip: 0, port: 5050, hostname: process.name },
    registry,
    random: createRandom(random.uint32()),
    now: process.now(),
  })
  watch.onElected(master, process.name)
  return new MasterTerm(options, master)
}

type Performed = Exclude<Effect, { type: 'store' | 'timer' | 'cut' }>

/** A term that is being closed waits for its last writes no longer than this. */
const closeMs = 2_000

export class MasterTerm implements Term {
  readonly master: Master
  readonly leadership: Leadership
  readonly #options: MasterTermOptions
  readonly #loop: CoreLoop<Input, Effect>
  readonly #streams = new Map<string, Line<FromStream>>()
  readonly #links = new Map<number, Line<FromLink>>()
  readonly #waiting = new Map<number, (status: number) => void>()
  /** The step that is under way: what began it, and what it has decided so far. */
  #begun: { readonly input: Input; readonly effects: Effect[] } | undefined
  #next = 1
  #isClosing = false

  constructor(options: MasterTermOptions, master: Master) {
    this.master = master
    this.leadership = options.leadership
    this.#options = options
    const { process, masters, end } = options
    this.#loop = new CoreLoop<Input, Effect>({
      step: (input, now) => this.#step(input, now),
      persist: (operations) => persistAsLeader(options, operations),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      restInput: { type: 'rest' },
      clock: loopClockOf(process, masters.timersLateMs),
      halt: process.halt,
      onFatal: end,
    })
    this.#loop.submit({ type: 'started' })
  }

  acceptStream(line: Line<FromStream>): Ends<ToStream> {
    const streamId = `${this.master.info.id}-stream-${this.#next++}`
    this.#streams.set(streamId, line)
    return {
      onMessage: ({ subscribe }) => {
        line.send({ type: 'accepted', streamId })
        this.#loop.submit({ type: 'subscribe', streamId, subscribe })
      },
      onClose: () => {
        if (this.#streams.delete(streamId)) this.#loop.submit({ type: 'stream-closed', streamId })
      },
    }
  }

  acceptLink(line: Line<FromLink>, from: string): Ends<ToLink> {
    const linkId = this.#next++
    this.#links.set(linkId, line)
    this.#loop.submit({ type: 'link-opened', linkId, ip: from })
    line.send({ type: 'leading' })
    return {
      onMessage: (message) => this.#loop.submit({ type: 'link-message', linkId, message }),
      onClose: () => this.#linkEnded(linkId),
    }
  }

  schedulerCall({ id, streamId, call }: ToCalls, line: Line<Answer>): void {
    const requestId = this.#await(id, line)
    if (requestId !== undefined) this.#loop.submit({ type: 'scheduler-call', requestId, streamId, call })
  }

  operatorCall({ id, call }: ToOperator, line: Line<Answer>): void {
    const requestId = this.#await(id, line)
    if (requestId !== undefined) this.#loop.submit({ type: 'operator-call', requestId, call })
  }

  /** One that was deposed hangs up first, so that nobody takes it for the leader. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.leadership.lost.aborted) this.#hangUp()
    await Promise.race([this.#loop.close(), this.#options.process.sleep(closeMs)])
    this.#hangUp()
  }

  #await(id: number, line: Line<Answer>): number | undefined {
    if (this.#isClosing) return void line.send({ id, status: 503 })
    const requestId = this.#next++
    this.#waiting.set(requestId, (status) => line.send({ id, status }))
    return requestId
  }

  #hangUp(): void {
    for (const answer of this.#waiting.values()) answer(503)
    for (const line of [...this.#streams.values(), ...this.#links.values()]) line.close()
    this.#waiting.clear()
    this.#streams.clear()
    this.#links.clear()
  }

  #linkEnded(linkId: number): void {
    if (this.#links.delete(linkId)) this.#loop.submit({ type: 'link-closed', linkId })
  }

  #step(input: Input, now: number): Effect[] {
    const { watch } = this.#options
    if (this.#begun === undefined) watch.before(this.master, input, now)
    const begun = (this.#begun ??= { input, effects: [] })
    const effects = step(this.master, input, now)
    begun.effects.push(...effects)
    if (effects.some(({ type }) => type === 'cut')) return effects
    this.#begun = undefined
    watch.after(this.master, begun.input, begun.effects)
    return effects
  }

  #perform(effect: Performed): void {
    // A process that was stopped past its lease must not speak as the leader before it has noticed.
    if (this.leadership.lost.aborted) return
    switch (effect.type) {
      case 'event':
        return this.#streams.get(effect.streamId)?.send({ type: 'event', event: effect.event })
      case 'end-stream':
        this.#streams.get(effect.streamId)?.close()
        return void this.#streams.delete(effect.streamId)
      case 'link':
        this.#options.watch.onTold(this.master, effect.message)
        return this.#links.get(effect.linkId)?.send({ type: 'message', message: effect.message })
      case 'close-link':
        this.#links.get(effect.linkId)?.close()
        return this.#linkEnded(effect.linkId)
      case 'respond':
        this.#waiting.get(effect.requestId)?.(effect.reply.status)
        return void this.#waiting.delete(effect.requestId)
      case 'continue':
        return this.#loop.submit(effect.input)
      case 'give-up':
        return this.#options.end(new Error(effect.message))
      case 'operator-event':
      case 'operator-snapshot':
      case 'end-operator-stream':
      case 'note':
        return
    }
  }
}
