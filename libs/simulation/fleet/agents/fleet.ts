/** Many simulated agents in one process, each with a real gRPC connection of its own to the leading master. */
import type { AgentConfig } from '@thermosphere/agent-core'
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { Masters } from '@thermosphere/protocol/node'
import { Background, createLogger, delay } from '@thermosphere/service-kit'
import { agentConfig } from '../../hosts/agent/agent-config.ts'
import type { FailureRate, Failures } from './failures.ts'
import { Durations } from '../figures.ts'
import { FleetAgent } from './fleet-agent.ts'
import type { AgentWatch } from './fleet-agent.ts'
import { begunATurn, caughtUp } from './pace-of-links.ts'

export type FleetOptions = {
  /** `host:port` of the masters, or who tells which one of this machine leads. */
  readonly masters: Masters
  readonly agents: number
  /** Of each agent. */
  readonly resources: string
  /** Agents that start in a second; all at once without it. */
  readonly registerRate?: number | undefined
  /** How many times faster than the clock tasks live. */
  readonly speed: number
  readonly failures: Failures
  readonly seed: number
  onFatal(error: unknown): void
}

/** Agents share one address: their ports tell them apart. */
const firstPort = 1024
/** While no master is there, all agents together make so many attempts in a second: one process makes them all. */
const attemptsASecondMax = 2_000
const backoffMsMin = 2_000
/** From the launch of a task until its process is there. */
const startMs = 20

/**
 * The system searches for a free port of the address that calls, which takes milliseconds when most are taken: by
 * twenty thousand connections, and as many that have just ended.
 */
const localAddressOf = (index: number): string => `127.0.1.${1 + (index % localAddressCount)}`
const localAddressCount = 100

const configOf = (index: number, resources: AgentConfig['resources']): AgentConfig => ({
  ...agentConfig(`agent-${index + 1}.fleet`, firstPort + index),
  workDir: '/fleet',
  ip: '127.0.0.1',
  resources,
  // What has ended is not kept by thousands of agents.
  completedFrameworksMax: 2,
  completedExecutorsMax: 2,
  completedTasksMax: 2,
})

export class Fleet {
  readonly agents: readonly FleetAgent[]
  /** From the start of the fleet, or since `mark`, until an agent's link was up; until it was registered. */
  readonly linked = new Durations()
  readonly registered = new Durations()
  /** From an update of a task until its acknowledgement. */
  readonly acknowledged = new Durations()
  /** The same, for whoever resets it. */
  readonly acknowledgedLately = new Durations()
  /** Whether acknowledgements count. */
  isMeasuring = true
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #background: Background
  readonly #closing = new AbortController()
  #markedAt = performance.now()
  #linkedCount = 0
  #registeredCount = 0
  #onRegistered: () => void = () => undefined

  constructor(options: FleetOptions) {
    this.#options = options
    this.#random = createRandom(options.seed)
    this.#background = new Background((_name, error) => options.onFatal(error))
    const log = createLogger({ name: 'fleet', level: 'fatal' })
    const resources = Resources.parse(options.resources, { role: '*' }).toWire()
    const { masters, speed, failures } = options
    const behaviour = { startMs, speed, failedLaunches: failures.launches, failedTasks: failures.tasks }
    const shared = {
      masters,
      backoffMaxMs: Math.max(backoffMsMin, (options.agents / attemptsASecondMax) * 1000),
      behaviour,
      background: this.#background,
      log,
      watch: this.#watch(),
    }
    const isLocal = typeof masters === 'function' || masters.every((master) => master.startsWith('127.'))
    this.agents = Array.from({ length: options.agents }, (_, index) => {
      const random = createRandom(this.#random.uint32())
      const localAddress = isLocal ? localAddressOf(index) : undefined
      return new FleetAgent({ ...shared, random, localAddress, config: configOf(index, resources) })
    })
  }

  get linkedCount(): number {
    return this.#linkedCount
  }

  get registeredCount(): number {
    return this.#registeredCount
  }

  /** Simulated processes that run or whose end no agent has heard of. */
  get containerCount(): number {
    return this.agents.reduce((sum, { containers }) => sum + containers.count, 0)
  }

  /** Durations count from now on. */
  mark(): void {
    for (const durations of [this.linked, this.registered, this.acknowledged]) durations.reset()
    this.#markedAt = performance.now()
  }

  /** Resolves when every agent is started, which need not be connected by then. */
  async start(): Promise<void> {
    const { registerRate = Infinity } = this.#options
    this.mark()
    for (const [index, agent] of this.agents.entries()) {
      const dueMs = (index / registerRate) * 1000 - (performance.now() - this.#markedAt)
      if (dueMs > 1) await delay(dueMs, this.#closing.signal)
      else if ((index + 1) % begunATurn === 0) await caughtUp(index + 1, () => this.#linkedCount)
      if (this.#closing.signal.aborted) return
      agent.start()
    }
  }

  /** Resolves when all agents that run are registered at the same time. */
  async untilRegistered(): Promise<void> {
    while (!this.#areRegistered()) await new Promise<void>((resolve) => (this.#onRegistered = resolve))
  }

  /** Kills so many agents that run, drawn by lot; they are back after the time that the failures say. */
  crash(count: number): void {
    const { downMs } = this.#options.failures
    for (const agent of this.#draw(count)) this.#background.run('crash', this.#crashFor(agent, downMs))
  }

  /** Breaks the links of so many agents. */
  cut(count: number): void {
    for (const agent of this.#draw(count)) agent.cut()
  }

  /** The failures that are asked for go on until `signal` aborts. */
  async fail(signal: AbortSignal): Promise<void> {
    const { crashes, cuts } = this.#options.failures
    await Promise.all([repeat(crashes, () => this.crash(1), signal), repeat(cuts, () => this.cut(1), signal)])
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const agent of this.agents) await agent.close()
    await this.#background.settled()
  }

  async #crashFor(agent: FleetAgent, downMs: number): Promise<void> {
    await agent.crash()
    await delay(downMs, this.#closing.signal)
    if (!this.#closing.signal.aborted) agent.start()
  }

  #draw(count: number): FleetAgent[] {
    return this.#random.shuffle(this.agents.filter(({ isRegistered }) => isRegistered)).slice(0, count)
  }

  #areRegistered(): boolean {
    return this.agents.every(({ isRegistered }) => isRegistered)
  }

  #watch(): AgentWatch {
    const passedMs = (): number => performance.now() - this.#markedAt
    return {
      onLinkUp: () => {
        this.#linkedCount++
        this.linked.add(passedMs())
      },
      onLinkDown: (agent) => {
        this.#linkedCount--
        if (agent.isRegistered) this.#registeredCount--
      },
      onRegistered: () => {
        this.registered.add(passedMs())
        if (++this.#registeredCount === this.agents.length) this.#onRegistered()
      },
      onAcknowledged: (durationMs) => {
        if (!this.isMeasuring) return
        this.acknowledged.add(durationMs)
        this.acknowledgedLately.add(durationMs)
      },
      onFatal: (error) => this.#options.onFatal(error),
    }
  }
}

async function repeat(rate: FailureRate | undefined, act: () => void, signal: AbortSignal): Promise<void> {
  if (rate === undefined) return
  while (!signal.aborted) {
    await delay(rate.perMs / rate.count, signal).catch(() => undefined)
    if (!signal.aborted) act()
  }
}
