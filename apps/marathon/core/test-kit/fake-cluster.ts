/**
 * A core with a clock, timers, a store and a Mesos of a few agents that answers its calls. Nothing happens by itself:
 * tests advance the clock and say what tasks do.
 */
import { applyWrites, createRandom, invariant } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { MarathonConfig } from '../config.ts'
import type { ApiResponse, Command, Effect, Input, MarathonEvent, Probe } from '../messages.ts'
import { recoverState } from '../recover.ts'
import { createState } from '../state/index.ts'
import type { MarathonState } from '../state/index.ts'
import { step } from '../step.ts'
import { testConfig } from './config.ts'

export type FakeAgent = {
  readonly id: string
  readonly host: string
  readonly resources: string
  readonly attributes?: mesos.Attribute[]
}
export type FakeTask = { readonly info: mesos.TaskInfo; state: mesos.TaskState | undefined }

const audit = { clientIp: '127.0.0.1', uri: '/v2/apps' }
const defaultAgents: FakeAgent[] = [1, 2, 3].map((n) => ({
  id: `agent-${n}`,
  host: `host-${n}`,
  resources: 'cpus:16;mem:65536;disk:100000;ports:[31000-32000]',
}))

export class FakeCluster {
  now = Temporal.Instant.from('2021-07-01T12:00:00.000Z').epochMilliseconds
  state: MarathonState
  readonly store = new Map<string, string>()
  readonly timers = new Map<string, number>()
  readonly calls: scheduler.Call[] = []
  readonly events: MarathonEvent[] = []
  readonly responses = new Map<number, ApiResponse>()
  readonly probes: { key: string; taskId: string; probe: Probe }[] = []
  readonly tasks = new Map<string, FakeTask>()
  readonly agents: FakeAgent[]
  readonly config: MarathonConfig
  /** Tasks run as soon as they are launched, and end as soon as they are killed. */
  isPrompt = true
  #offered = new Map<string, FakeAgent>()
  #suppressed = false
  #random: Random
  #requestId = 0
  #offerId = 0
  #statusId = 0

  constructor(options: { config?: Partial<MarathonConfig>; agents?: FakeAgent[]; seed?: number } = {}) {
    this.config = { ...testConfig, ...options.config }
    this.agents = options.agents ?? defaultAgents
    this.#random = createRandom(options.seed ?? 1)
    this.state = createState(this.config, this.#random)
    this.submit({ type: 'start' })
  }

  subscribe(): void {
    this.submit({
      type: 'mesos-event',
      event: {
        type: 'SUBSCRIBED',
        subscribed: { framework_id: { value: 'framework-1' }, heartbeat_interval_seconds: 15 },
      },
    })
  }

  /** Forgets everything but the store, as kill -9 does. */
  restart(): void {
    this.timers.clear()
    this.#offered.clear()
    this.load()
    this.submit({ type: 'start' })
  }

  /** The state as the store has it. */
  load(): void {
    const entries = [...this.store].map(([key, value]) => ({ key, value }))
    const parse = <T>(schema: { parse(value: unknown): T }, _key: string, raw: string): T =>
      schema.parse(JSON.parse(raw))
    this.state = recoverState({ config: this.config, random: this.#random, parse }, entries)
  }

  submit(input: Input): void {
    this.#perform(step(this.state, input, this.now))
  }

  command(command: Command): ApiResponse {
    const requestId = ++this.#requestId
    this.submit({ type: 'command', requestId, command })
    const response = this.responses.get(requestId)
    invariant(response !== undefined, 'the command was not answered', { command })
    return response
  }

  create(body: unknown): ApiResponse {
    return this.command({ type: 'create-app', body, force: false, audit })
  }

  update(id: string, body: unknown, options: { force?: boolean; partial?: boolean } = {}): ApiResponse {
    const { force = false, partial = true } = options
    return this.command({ type: 'update-app', id, body, force, partial, mayCreate: true, audit })
  }

  /** Lets offers flow until nothing is launched any more. */
  offerAll(): void {
    for (let before = -1; before !== this.tasks.size;) {
      before = this.tasks.size
      const offers = this.agents.map((agent) => this.#offer(agent))
      this.submit({ type: 'mesos-event', event: { type: 'OFFERS', offers: { offers } } })
    }
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (let next = this.#nextTimer(end); next !== undefined; next = this.#nextTimer(end)) {
      const [key, at] = next
      this.timers.delete(key)
      this.now = Math.max(this.now, at)
      this.submit({ type: 'timer', key })
    }
    this.now = end
  }

  /** Offers and time in turns, so that everything that can happen by itself does. */
  settle(rounds = 20): void {
    for (let i = 0; i < rounds; i++) {
      this.offerAll()
      this.advance(100)
    }
  }

  tell(taskId: string, state: mesos.TaskState, extra: Partial<mesos.TaskStatus> = {}): void {
    const task = this.tasks.get(taskId)
    invariant(task !== undefined, 'no such task', { taskId })
    task.state = state
    const status: mesos.TaskStatus = {
      task_id: { value: taskId },
      state,
      agent_id: task.info.agent_id,
      uuid: Uint8Array.of(++this.#statusId),
      timestamp: this.now / 1000,
      ...extra,
    }
    if (isOver(state)) this.tasks.delete(taskId)
    this.submit({ type: 'mesos-event', event: { type: 'UPDATE', update: { status } } })
  }

  running(appId?: string): string[] {
    const name = appId?.split('/').filter(Boolean).reverse().join('.')
    return [...this.tasks]
      .filter(([, { info, state }]) => state === 'TASK_RUNNING' && (name === undefined || info.name === name))
      .map(([id]) => id)
  }

  eventTypes(): string[] {
    return this.events.map(({ eventType }) => eventType)
  }

  #nextTimer(end: number): [string, number] | undefined {
    let best: [string, number] | undefined
    for (const timer of this.timers) if (timer[1] <= end && (best === undefined || timer[1] < best[1])) best = timer
    return best
  }

  #offer(agent: FakeAgent): mesos.Offer {
    const id = `offer-${++this.#offerId}`
    this.#offered.set(id, agent)
    const used = [...this.tasks.values()].filter(({ info }) => info.agent_id.value === agent.id)
    const total = Resources.parse(agent.resources, { role: '*' }).allocatedTo('*')
    const left = used.reduce((rest, { info }) => rest.subtract(Resources.fromWire(info.resources)), total)
    return {
      id: { value: id },
      framework_id: { value: 'framework-1' },
      agent_id: { value: agent.id },
      hostname: agent.host,
      allocation_info: { role: '*' },
      resources: left.toWire(),
      attributes: agent.attributes ?? [],
    }
  }

  #perform(effects: readonly Effect[]): void {
    const told: scheduler.Call[] = []
    for (const effect of effects) {
      if (effect.type === 'store') applyWrites(this.store, effect.writes)
      else if (effect.type === 'timer') this.#arm(effect.key, effect.at)
      else if (effect.type === 'call') told.push(effect.call)
      else if (effect.type === 'event') this.events.push(effect.event)
      else if (effect.type === 'respond') this.responses.set(effect.requestId, effect.response)
      else if (effect.type === 'probe') this.probes.push(effect)
    }
    this.calls.push(...told)
    for (const call of told) this.#answer(call)
  }

  #arm(key: string, at: number | undefined): void {
    if (at === undefined) this.timers.delete(key)
    else this.timers.set(key, at)
  }

  #answer(call: scheduler.Call): void {
    if (call.type === 'SUPPRESS') this.#suppressed = true
    if (call.type === 'REVIVE') this.#suppressed = false
    for (const operation of call.accept?.operations ?? [])
      for (const info of operation.launch?.task_infos ?? []) this.#launch(info)
    const killed = call.kill?.task_id.value
    if (killed === undefined || !this.isPrompt) return
    const task = this.tasks.get(killed)
    if (task !== undefined && task.state !== 'TASK_UNREACHABLE') this.tell(killed, 'TASK_KILLED')
  }

  #launch(info: mesos.TaskInfo): void {
    this.tasks.set(info.task_id.value, { info, state: undefined })
    if (this.isPrompt) this.tell(info.task_id.value, 'TASK_RUNNING')
  }

  get isSuppressed(): boolean {
    return this.#suppressed
  }
}

function isOver(state: mesos.TaskState): boolean {
  return !['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_UNREACHABLE'].includes(state)
}
