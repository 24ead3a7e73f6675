import { refreshAgents, step, subscribedEvent } from '@thermosphere/master-core'
import type { Effect, Input, Master, Note, Reply } from '@thermosphere/master-core'
import type { master, scheduler } from '@thermosphere/protocol'
import { CoreLoop, delay, StartupError } from '@thermosphere/service-kit'
import type { LoopSurroundings, Metrics } from '@thermosphere/service-kit'
import { fencedPersist } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MASTER_LIMITS } from '../../limits.ts'
import { AgentLinkServer } from '../agent-link/agent-link-server.ts'
import { Drivers } from '../drivers/index.ts'
import { RegistrySize } from '../registry/registry-size.ts'
import { encodeOperatorEvent, encodeSchedulerEvent, EventStreams } from '../streams/event-streams.ts'

export type MasterLoopOptions = {
  readonly master: Master
  readonly store: Store
  readonly leadership: Leadership
  readonly metrics: Metrics
  /** As it was read. */
  readonly registrySize?: RegistrySize
  readonly note: (note: Note) => void
  readonly loop: LoopSurroundings
  /** Schedulers have to log in, which drivers cannot. */
  readonly areDriversRefused?: boolean
  readonly onFatal: (error: unknown) => void
}

const notLeading: Reply = {
  status: 503,
  text: 'This master does not lead any more; ask the leader whether the change was made, and repeat it otherwise',
}

type Performed = Exclude<Effect, { type: 'store' | 'timer' | 'cut' }>
type Call = { readonly [K in 'scheduler-call' | 'operator-call']: Omit<Extract<Input, { type: K }>, 'requestId'> }

/** Returns whether the work is done. */
function workFor(ms: number, work: Generator<undefined>): boolean {
  const deadline = performance.now() + ms
  while (performance.now() < deadline) if (work.next().done === true) return true
  return false
}

/** The core with its surroundings: streams of schedulers and operators, links of agents, the registry. */
export class MasterLoop {
  readonly schedulers: EventStreams<scheduler.Event>
  readonly drivers: Drivers
  readonly operators: EventStreams<master.Event>
  readonly links: AgentLinkServer
  /** Read by view functions only. */
  readonly master: Master
  readonly registrySize: RegistrySize
  readonly #loop: CoreLoop<Input, Effect>
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  readonly #note: (note: Note) => void
  readonly #leadership: Leadership
  readonly #onFatal: (error: unknown) => void
  #nextRequest = 1
  #isClosing = false

  constructor(options: MasterLoopOptions) {
    const {
      master: state,
      store,
      leadership,
      metrics,
      registrySize = new RegistrySize(),
      note,
      loop,
      onFatal,
    } = options
    this.master = state
    this.registrySize = registrySize
    this.#leadership = leadership
    this.#onFatal = onFatal
    this.#note = note
    const storeTimer = metrics.timer('registrar/state_store')
    this.#loop = new CoreLoop<Input, Effect>({
      ...loop,
      step: (input, now) => step(state, input, now),
      persist: async (writes) => {
        await storeTimer.time(() => fencedPersist(store, { leadership, operations: writes }))
        registrySize.written(writes)
      },
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      restInput: { type: 'rest' },
      onFatal,
    })
    const submit = (input: Input): void => this.#loop.submit(input)
    const slow = metrics.counter('http/slow_readers_cut')
    const onSlow = (of: 'scheduler' | 'operator') => (streamId: string) => {
      slow.increment()
      note({ event: 'stream.reader.cut', fields: { of, streamId, reason: 'it did not read what was sent to it' } })
    }
    this.schedulers = new EventStreams({
      encode: encodeSchedulerEvent,
      onEnd: (streamId) => submit({ type: 'stream-closed', streamId }),
      onSlow: onSlow('scheduler'),
    })
    this.operators = new EventStreams({
      encode: encodeOperatorEvent,
      onEnd: (streamId) => submit({ type: 'operator-stream-closed', streamId }),
      onSlow: onSlow('operator'),
    })
    const { address, port = 5050 } = state.info
    this.drivers = new Drivers({
      self: { id: 'master', host: address?.ip ?? '127.0.0.1', port },
      areRefused: options.areDriversRefused ?? false,
      submit,
      ask: (call) => this.ask<'scheduler-call'>(call),
      note,
    })
    this.links = new AgentLinkServer({
      isBehind: () => this.#loop.queuedCount > MASTER_LIMITS.queuedInputsMax,
      onOpen: (linkId, ip) => submit({ type: 'link-opened', linkId, ip }),
      onMessage: (linkId, message) => submit({ type: 'link-message', linkId, message }),
      onClose: (linkId) => submit({ type: 'link-closed', linkId }),
    })
  }

  submit(input: Input): void {
    this.#loop.submit(input)
  }

  /**
   * Resolves when the master can be read as it is at one moment, until the next turn. What it shows of agents is made
   * before, in slices: then only what has changed meanwhile is left for that moment.
   */
  async whole({ agents }: { readonly agents: boolean }): Promise<void> {
    const work = agents ? refreshAgents(this.master) : undefined
    while (work && !workFor(MASTER_LIMITS.readSliceMs, work)) await nextTurn()
    await this.#loop.whole()
  }

  /** Registry writes that are decided and not yet under way. */
  get queuedWriteCount(): number {
    return this.#loop.stats().unpersistedWriteCount
  }

  /** A call that is answered once what it changed is durable. */
  ask<K extends keyof Call>(call: Call[K]): Promise<Reply> {
    const requestId = this.#nextRequest++
    const { promise, resolve } = Promise.withResolvers<Reply>()
    if (this.#isClosing) return Promise.resolve(notLeading)
    this.#waiting.set(requestId, resolve)
    this.#loop.submit({ ...call, requestId } as Input)
    return promise
  }

  /**
   * While it leads, what was asked for is still written and answered. A master that was deposed ends its streams and
   * links first, so that nobody takes it for the leader.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#leadership.lost.aborted) this.#hangUp()
    const late = new AbortController()
    await Promise.race([this.#loop.close(), delay(MASTER_LIMITS.termCloseMs, late.signal).catch(() => undefined)])
    late.abort()
    this.#hangUp()
  }

  #hangUp(): void {
    for (const resolve of this.#waiting.values()) resolve(notLeading)
    this.#waiting.clear()
    this.schedulers.endAll()
    this.drivers.close()
    this.operators.endAll()
    this.links.close()
  }

  #perform(effect: Performed): void {
    // A process that was stopped past its lease must not speak as the leader before it has noticed.
    if (this.#leadership.lost.aborted) return
    switch (effect.type) {
      case 'event':
        if (this.drivers.has(effect.streamId)) return this.drivers.send(effect)
        return this.schedulers.send(effect.streamId, effect.event)
      case 'end-stream':
        this.drivers.end(effect.streamId)
        return this.schedulers.end(effect.streamId)
      case 'operator-event':
        return this.operators.sendAll(effect.event, effect.to)
      case 'operator-snapshot':
        return this.operators.sendLarge(effect.to, (encoding) => subscribedEvent(effect.subscribed, encoding))
      case 'end-operator-stream':
        return this.operators.end(effect.streamId)
      case 'link':
        return this.links.send(effect.linkId, effect.message)
      case 'close-link':
        return this.links.hangUp(effect.linkId)
      case 'respond':
        return this.#respond(effect.requestId, effect.reply)
      case 'continue':
        return this.#loop.submit(effect.input)
      case 'give-up':
        return this.#onFatal(new StartupError(effect.message))
      case 'note':
        return this.#note(effect.note)
    }
  }

  #respond(requestId: number, reply: Reply): void {
    this.#waiting.get(requestId)?.(reply)
    this.#waiting.delete(requestId)
  }
}
