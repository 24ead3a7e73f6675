import { applyWrites, createRandom } from '@thermosphere/effects'
import { decodeJson } from '@thermosphere/protocol'
import type { agentLink, master, mesos, scheduler } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { createMaster, emptyRegistry, step, subscribedEvent } from '../index.ts'
import type {
  Driver,
  Effect,
  Input,
  Master,
  MasterConfig,
  Note,
  Registry,
  Rendering,
  Reply,
  SubscribedSnapshot,
} from '../index.ts'

const config: MasterConfig = {
  cluster: undefined,
  agentPingTimeoutMs: 15_000,
  maxAgentPingTimeouts: 5,
  agentReregisterTimeoutMs: 600_000,
  agentRemovalRateLimit: undefined,
  recoveryAgentRemovalLimit: 1,
  allocationIntervalMs: 1000,
  allocationWorkMax: 10_000,
  stepWorkMax: 10_000,
  offerTimeoutMs: undefined,
  maxCompletedFrameworks: 50,
  maxCompletedTasksPerFramework: 1000,
  maxUnreachableTasksPerFramework: 1000,
  maxOperatorSubscribers: 1000,
  registryMaxAgentAgeMs: 14 * 24 * 3600_000,
  registryMaxAgentCount: 102_400,
  registryGcIntervalMs: 900_000,
  allocatorRecoveryFactor: 0.8,
  allocatorRecoveryTimeoutMs: 600_000,
  requireAgentDomain: false,
  rootSubmissions: true,
  roles: undefined,
  publishPerFrameworkMetrics: true,
  acls: undefined,
  rateLimits: undefined,
}

const info: mesos.MasterInfo = {
  id: 'M',
  ip: 0,
  port: 5050,
  pid: 'master@127.0.0.1:5050',
  hostname: 'localhost',
  version: '1.12.0',
}

const agentCapabilities = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESIZE_VOLUME',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
  'TASK_RESOURCE_LIMITS',
] as const

export type Scheduler = { readonly id: string; readonly streamId: string; readonly info: mesos.FrameworkInfo }
export type TestAgent = { readonly id: string; readonly linkId: number; readonly info: mesos.AgentInfo }
/** Whose task on which agent. */
export type Where = readonly [Scheduler, TestAgent, string]
type Options = {
  readonly config?: Partial<MasterConfig>
  readonly registry?: Partial<Registry>
  readonly seed?: number
}

/** A master without its shell: writes are durable at once unless held, timers fire when time is advanced. */
export class World {
  readonly master: Master
  now = 1_000_000
  readonly stored = new Map<string, string>()
  readonly timers = new Map<string, number>()
  readonly events = new Map<string, scheduler.Event[]>()
  /** Streams whose SUBSCRIBED says that the process has not lost its place. */
  readonly welcomedBack = new Set<string>()
  readonly ended = new Set<string>()
  readonly links = new Map<number, agentLink.MasterMessage[]>()
  readonly closedLinks = new Set<number>()
  /** Links whose agents do not answer pings. */
  readonly silent = new Set<number>()
  readonly operatorEvents: master.Event[] = []
  readonly #heard = new Map<string, master.Event[]>()
  readonly replies = new Map<number, Reply>()
  /** With `holdStore` nothing that waits for a write goes on until `releaseStore`. */
  holdStore = false
  gaveUp: string | undefined
  readonly notes: Note[] = []
  #held: Effect[] = []
  #next = 1

  constructor(options: Options = {}) {
    this.master = createMaster({
      config: { ...config, ...options.config },
      info,
      registry: { ...emptyRegistry, ...options.registry },
      random: createRandom(options.seed ?? 1),
      now: this.now,
    })
    this.do({ type: 'started' })
  }

  do(input: Input): void {
    const queue: Input[] = [input]
    for (let next = queue.shift(); next; next = queue.shift()) {
      for (const effect of step(this.master, next, this.now)) this.#perform(effect, queue)
    }
  }

  releaseStore(): void {
    this.holdStore = false
    for (const effect of this.#held.splice(0)) if (effect.type === 'continue') this.do(effect.input)
  }

  #perform(effect: Effect, queue: Input[]): void {
    switch (effect.type) {
      case 'store':
        return applyWrites(this.stored, effect.writes)
      case 'timer':
        return void (effect.at === undefined ? this.timers.delete(effect.key) : this.timers.set(effect.key, effect.at))
      case 'event':
        if (effect.isBack) this.welcomedBack.add(effect.streamId)
        return void this.eventsOf(effect.streamId).push(effect.event)
      case 'end-stream':
        return void this.ended.add(effect.streamId)
      case 'link':
        this.toAgent(effect.linkId).push(effect.message)
        if (effect.message.type === 'PING' && !this.silent.has(effect.linkId)) {
          queue.push({ type: 'link-message', linkId: effect.linkId, message: { type: 'PONG' } })
        }
        return
      case 'close-link':
        return void this.closedLinks.add(effect.linkId)
      case 'operator-event':
        this.operatorEvents.push(effect.event)
        for (const id of effect.to === 'all' ? this.master.operatorStreams.keys() : effect.to)
          this.heardBy(id).push(effect.event)
        return
      case 'operator-snapshot':
        this.operatorEvents.push(eventOf(effect.subscribed))
        return void this.heardBy(effect.to).push(eventOf(effect.subscribed))
      case 'note':
        return void this.notes.push(effect.note)
      case 'give-up':
        this.gaveUp = effect.message
        return
      case 'respond':
        return void this.replies.set(effect.requestId, effect.reply)
      case 'cut':
        return void queue.unshift({ type: 'rest' })
      case 'continue':
        return void (this.holdStore ? this.#held.push(effect) : queue.push(effect.input))
      default:
    }
  }

  /** Fires every timer that is due within the time, in order. */
  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [due] = [...this.timers].filter(([, at]) => at <= end).sort(([, a], [, b]) => a - b)
      if (!due) break
      this.timers.delete(due[0])
      this.now = Math.max(this.now, due[1])
      this.do({ type: 'timer', key: due[0] })
    }
    this.now = end
  }

  eventsOf(streamId: string): scheduler.Event[] {
    const known = this.events.get(streamId) ?? []
    this.events.set(streamId, known)
    return known
  }

  /** What an operator's stream was sent. */
  heardBy(streamId: string): master.Event[] {
    const known = this.#heard.get(streamId) ?? []
    this.#heard.set(streamId, known)
    return known
  }

  toAgent(linkId: number): agentLink.MasterMessage[] {
    const known = this.links.get(linkId) ?? []
    this.links.set(linkId, known)
    return known
  }

  /** Subscribes; resubscribes when `info` has an id. */
  subscribe(
    overrides: Partial<mesos.FrameworkInfo> = {},
    rest: Partial<scheduler.Call_Subscribe> = {},
    driver?: Driver,
  ): Scheduler {
    const streamId = `stream-${this.#next++}`
    const framework_info: mesos.FrameworkInfo = {
      user: 'root',
      name: 'f',
      roles: ['r'],
      failover_timeout: 100,
      checkpoint: true,
      capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'RESERVATION_REFINEMENT' }],
      ...overrides,
    }
    this.do({ type: 'subscribe', streamId, subscribe: { framework_info, ...rest }, ...(driver && { driver }) })
    const id = this.eventsOf(streamId).find((event) => event.subscribed)?.subscribed?.framework_id.value ?? ''
    return { id, streamId, info: { ...framework_info, id: { value: id } } }
  }

  disconnect(scheduler: Scheduler): void {
    this.do({ type: 'stream-closed', streamId: scheduler.streamId })
  }

  call(
    scheduler: Scheduler,
    call: scheduler.Call,
    streamId: string | undefined = scheduler.streamId,
  ): Reply | undefined {
    const requestId = this.#next++
    this.do({ type: 'scheduler-call', requestId, streamId, call: { framework_id: { value: scheduler.id }, ...call } })
    return this.replies.get(requestId)
  }

  operate(call: master.Call, principal?: string): Reply | undefined {
    const requestId = this.#next++
    this.do({ type: 'operator-call', requestId, call, ...(principal !== undefined && { principal }) })
    return this.replies.get(requestId)
  }

  openLink(ip = '10.0.0.1'): number {
    const linkId = this.#next++
    this.do({ type: 'link-opened', linkId, ip })
    return linkId
  }

  say(linkId: number, message: agentLink.AgentMessage): void {
    this.do({ type: 'link-message', linkId, message })
  }

  agentInfo(
    resources = 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]',
    overrides: Partial<mesos.AgentInfo> = {},
  ): mesos.AgentInfo {
    return { hostname: 'h1', port: 5051, resources: Resources.parse(resources).toWire(), ...overrides }
  }

  addAgent(resources?: string, overrides: Partial<mesos.AgentInfo> = {}): TestAgent {
    const linkId = this.openLink()
    const agentInfo = this.agentInfo(resources, overrides)
    this.say(linkId, {
      type: 'REGISTER',
      register: { agent_info: agentInfo, version: '1.12.0', capabilities: agentCapabilities.map((type) => ({ type })) },
    })
    const id = this.toAgent(linkId).find((message) => message.registered)?.registered?.agent_id.value ?? ''
    return { id, linkId, info: { ...agentInfo, id: { value: id } } }
  }

  /** The same agent on a new link, with what it says it runs. */
  reregister(agent: TestAgent, carried: Partial<agentLink.AgentMessage_Reregister> = {}): TestAgent {
    const linkId = this.openLink()
    const reregister = {
      agent_info: agent.info,
      version: '1.12.0',
      capabilities: agentCapabilities.map((type) => ({ type })),
      ...carried,
    }
    this.say(linkId, { type: 'REREGISTER', reregister })
    return { ...agent, linkId }
  }

  /** Offers that are still in the books, as they were sent. */
  offers(scheduler: Scheduler): mesos.Offer[] {
    const sent = this.eventsOf(scheduler.streamId).flatMap((event) => event.offers?.offers ?? [])
    return sent.filter((offer) => this.master.offers.has(offer.id.value))
  }

  offer(scheduler: Scheduler): mesos.Offer {
    const [offer] = this.offers(scheduler)
    if (!offer) throw new Error('no offer')
    return offer
  }

  statuses(scheduler: Scheduler, taskId?: string): mesos.TaskStatus[] {
    const all = this.eventsOf(scheduler.streamId).flatMap((event) => event.update?.status ?? [])
    return taskId === undefined ? all : all.filter((status) => status.task_id.value === taskId)
  }

  /** Launches one task from a current offer and lets the agent report it running. */
  run(where: Where, overrides: Partial<mesos.TaskInfo> = {}): void {
    const [scheduler, , id] = where
    const offer = this.offer(scheduler)
    this.accept(scheduler, offer, [{ type: 'LAUNCH', launch: { task_infos: [task(id, offer, overrides)] } }])
    this.update(where, 'TASK_RUNNING')
  }

  /** What is left can be offered again at once. */
  accept(scheduler: Scheduler, offer: mesos.Offer, operations: mesos.Offer_Operation[]): Reply | undefined {
    const filters = { refuse_seconds: 0 }
    return this.call(scheduler, { type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, filters } })
  }

  /** The agent's update; its uuid is returned for the acknowledgement. */
  update([scheduler, agent, id]: Where, state: mesos.TaskState, more: Partial<mesos.TaskStatus> = {}): Uint8Array {
    const uuid = Uint8Array.from({ length: 16 }, (_, i) => (this.#next * 7 + i) % 256)
    this.#next++
    const status: mesos.TaskStatus = {
      task_id: { value: id },
      agent_id: { value: agent.id },
      state,
      source: 'SOURCE_EXECUTOR',
      uuid,
      timestamp: this.now / 1000,
      ...more,
    }
    this.say(agent.linkId, {
      type: 'STATUS_UPDATE',
      status_update: { framework_id: { value: scheduler.id }, status, latest_state: state },
    })
    return uuid
  }

  acknowledge([scheduler, agent, id]: Where, uuid: Uint8Array): void {
    this.call(scheduler, {
      type: 'ACKNOWLEDGE',
      acknowledge: { agent_id: { value: agent.id }, task_id: { value: id }, uuid },
    })
  }
}

/** The bytes of an answer. */
export const rendered = (rendering: Rendering): Uint8Array => joined([...rendering])

const joined = (pieces: readonly (Uint8Array | undefined)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces.filter((piece) => piece !== undefined)))

/** What the work returns. */
function finished<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}

const eventOf = (subscribed: SubscribedSnapshot): master.Event =>
  decodeJson('mesos.v1.master.Event', joined(finished(subscribedEvent(subscribed, 'application/json'))))

export const scalar = (name: string, value: number, role?: string): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...(role !== undefined && { allocation_info: { role } }),
})

/** A command task that fits into the offer. */
export function task(id: string, offer: mesos.Offer, overrides: Partial<mesos.TaskInfo> = {}): mesos.TaskInfo {
  const role = offer.allocation_info?.role
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [scalar('cpus', 1, role), scalar('mem', 64, role)],
    command: { value: 'sleep 100', shell: true },
    ...overrides,
  }
}
