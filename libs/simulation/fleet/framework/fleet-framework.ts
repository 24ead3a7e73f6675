/**
 * The framework that comes with the fleet: keeps a number of tasks running, spread evenly over the agents. It holds
 * what it is offered and does not need, so that a task that ends is replaced without waiting for the allocator.
 */
import { Resources } from '@thermosphere/offer-engine'
import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import type { Store } from '@thermosphere/store'
import { Durations } from '../figures.ts'
import { Pace } from './pace.ts'
import { UpdateKeeper } from './update-keeper.ts'

export type FleetFrameworkOptions = {
  readonly masters: readonly string[]
  readonly agents: number
  readonly tasks: number
  readonly command: string
  /** Launches in a second at most; as many as there is room for without it. */
  readonly launchRate?: number | undefined
  /** Updates are acknowledged once they are durable here; at once without it. */
  readonly store?: Store | undefined
  onFatal(error: unknown): void
}

export const taskResources = { cpusMilli: 10, memMilli: 8_000 } as const
const name = 'fleet'
/** The framework outlives a master's failover, not the fleet. */
const failoverTimeoutSeconds = 600
/** How often it is looked whether the pace allows another launch. */
const paceMs = 10

const scalar = (resource: string, milli: number): mesos.Resource => ({
  name: resource,
  type: 'SCALAR',
  scalar: { value: milli / 1000 },
  allocation_info: { role: name },
})
const resourcesOfTask = [scalar('cpus', taskResources.cpusMilli), scalar('mem', taskResources.memMilli)]

/** What the framework knows of an agent. */
type Place = { readonly id: string; offers: mesos.Offer[]; taskCount: number; isReady: boolean }

export class FleetFramework {
  /** From ACCEPT to TASK_RUNNING. */
  readonly launched = new Durations()
  /** Milliseconds from SUBSCRIBED, or since `mark`, to the first offer, and to offers of every agent. */
  firstOfferMs: number | undefined
  allOfferedMs: number | undefined
  updateCount = 0
  endedCount = 0
  failedCount = 0
  readonly #options: FleetFrameworkOptions
  readonly #client: SchedulerClient
  readonly #keeper: UpdateKeeper | undefined
  readonly #perAgent: number
  readonly #pace: Pace | undefined
  readonly #places = new Map<string, Place>()
  readonly #running = new Set<string>()
  readonly #launchedAt = new Map<string, number>()
  readonly #ready: Place[] = []
  readonly #offered = new Set<string>()
  #waiting = 0
  #nextTask = 1
  #markedAt: number | undefined
  #laterLaunch: NodeJS.Timeout | undefined
  #isClosing = false

  constructor(options: FleetFrameworkOptions) {
    this.#options = options
    this.#pace = options.launchRate === undefined ? undefined : new Pace(options.launchRate)
    this.#waiting = options.tasks
    this.#perAgent = Math.ceil(options.tasks / options.agents)
    this.#client = new SchedulerClient({
      masters: options.masters,
      contentType: 'application/x-protobuf',
      frameworkInfo: () => ({
        name,
        user: 'root',
        roles: [name],
        checkpoint: true,
        failover_timeout: failoverTimeoutSeconds,
        capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
      }),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: () => this.#forgetOffers(),
      onFatal: (message) => {
        if (!this.#isClosing) options.onFatal(new Error(`the master refuses the framework: ${message}`))
      },
    })
    this.#keeper =
      options.store &&
      new UpdateKeeper({
        store: options.store,
        onKept: (status) => this.#acknowledge(status),
        onFatal: options.onFatal,
      })
  }

  start(): void {
    this.#client.start()
  }

  get runningCount(): number {
    return this.#running.size
  }

  /** Offers count from now on. */
  mark(): void {
    this.#markedAt = performance.now()
    this.firstOfferMs = this.allOfferedMs = undefined
    this.#offered.clear()
  }

  /** Ends all tasks with the framework. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#laterLaunch)
    await this.#client.call({ type: 'TEARDOWN' }).catch(() => undefined)
    await this.#client.close()
    await this.#keeper?.settled()
  }

  #onEvent(event: scheduler.Event): void {
    if (event.type === 'SUBSCRIBED') this.#markedAt ??= performance.now()
    for (const offer of event.offers?.offers ?? []) this.#hold(offer)
    if (event.rescind !== undefined) this.#rescind(event.rescind.offer_id.value)
    if (event.update !== undefined) this.#onStatus(event.update.status)
    this.#launch()
  }

  #hold(offer: mesos.Offer): void {
    const id = offer.agent_id.value
    const place = this.#places.get(id) ?? { id, offers: [], taskCount: 0, isReady: false }
    this.#places.set(id, place)
    this.#countOffer(id)
    place.offers.push(offer)
    this.#makeReady(place)
  }

  #countOffer(agentId: string): void {
    const passedMs = performance.now() - (this.#markedAt ?? 0)
    this.firstOfferMs ??= passedMs
    this.#offered.add(agentId)
    if (this.#offered.size === this.#options.agents) this.allOfferedMs ??= passedMs
  }

  #rescind(offerId: string): void {
    for (const place of this.#places.values())
      if (place.offers.some(({ id }) => id.value === offerId))
        place.offers = place.offers.filter(({ id }) => id.value !== offerId)
  }

  /** No offer outlives the stream that it came on. */
  #forgetOffers(): void {
    for (const place of this.#places.values()) place.offers = []
  }

  #makeReady(place: Place): void {
    if (place.isReady || place.offers.length === 0 || place.taskCount >= this.#perAgent) return
    place.isReady = true
    this.#ready.push(place)
  }

  #launch(): void {
    while (this.#waiting > 0) {
      const paced = this.#pace?.available() ?? Infinity
      if (paced === 0) return this.#launchLater()
      const place = this.#ready.shift()
      if (place === undefined) return
      place.isReady = false
      this.#launchOn(place, paced)
    }
  }

  #launchLater(): void {
    if (this.#isClosing) return
    this.#laterLaunch ??= setTimeout(() => {
      this.#laterLaunch = undefined
      this.#launch()
    }, paceMs)
  }

  #launchOn(place: Place, paced: number): void {
    const held = Resources.fromWire(place.offers.flatMap(({ resources = [] }) => resources))
    const fitting = Math.min(
      Math.floor(held.scalar('cpus') / taskResources.cpusMilli),
      Math.floor(held.scalar('mem') / taskResources.memMilli),
    )
    const count = Math.min(fitting, paced, this.#waiting, this.#perAgent - place.taskCount)
    if (count <= 0) return
    const offer_ids = place.offers.map(({ id }) => id)
    place.offers = []
    place.taskCount += count
    this.#waiting -= count
    this.#pace?.spend(count)
    const task_infos = Array.from({ length: count }, () => this.#newTask(place.id))
    this.#client
      .call({
        type: 'ACCEPT',
        accept: { offer_ids, operations: [{ type: 'LAUNCH', launch: { task_infos } }], filters: { refuse_seconds: 0 } },
      })
      .catch((error: unknown) => this.#notLaunched(task_infos, error))
  }

  #newTask(agentId: string): mesos.TaskInfo {
    const id = `task-${this.#nextTask++}`
    this.#launchedAt.set(id, performance.now())
    return {
      name: id,
      task_id: { value: id },
      agent_id: { value: agentId },
      resources: resourcesOfTask,
      command: { shell: true, value: this.#options.command },
    }
  }

  /** The call did not reach a master: as if it had not been made. A call of unknown outcome is told as lost later. */
  #notLaunched(tasks: readonly mesos.TaskInfo[], error: unknown): void {
    if (this.#isClosing) return
    if (this.#client.isConnected()) this.#options.onFatal(error)
    for (const { task_id, agent_id } of tasks) this.#onEnd(task_id.value, agent_id.value)
  }

  #onStatus(status: mesos.TaskStatus): void {
    const id = status.task_id.value
    this.updateCount++
    if (this.#keeper === undefined) this.#acknowledge(status)
    else this.#keeper.keep(status)
    if (status.state === 'TASK_RUNNING') this.#onRunning(id)
    if (!terminalTaskStates.has(status.state)) return
    if (status.state !== 'TASK_FINISHED') this.failedCount++
    this.#onEnd(id, status.agent_id?.value ?? '')
  }

  #onRunning(id: string): void {
    const launchedAt = this.#launchedAt.get(id)
    // An update may come twice.
    if (launchedAt === undefined || this.#running.has(id)) return
    this.#running.add(id)
    this.launched.add(performance.now() - launchedAt)
  }

  /** Once a task. */
  #onEnd(id: string, agentId: string): void {
    this.#running.delete(id)
    if (!this.#launchedAt.delete(id)) return
    this.endedCount++
    this.#waiting++
    const place = this.#places.get(agentId)
    if (place === undefined) return
    place.taskCount--
    this.#makeReady(place)
  }

  /** What is not acknowledged is sent again. */
  #acknowledge(status: mesos.TaskStatus): void {
    this.#client.acknowledge(status).catch(() => undefined)
  }
}
