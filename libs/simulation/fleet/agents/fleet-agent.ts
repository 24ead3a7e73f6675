/**
 * One agent of the fleet: the agent's own core, loop and link. Its containers are simulated and its checkpoint is a map
 * in memory; both outlive a crash of the agent, as its disk and its processes would.
 */
import { AgentLink } from '@thermosphere/agent'
import { recoverState, step } from '@thermosphere/agent-core'
import type { AgentConfig, AgentEffect, AgentInput, AgentState } from '@thermosphere/agent-core'
import { applyWrites, createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import type { agentLink } from '@thermosphere/protocol'
import type { Masters } from '@thermosphere/protocol/node'
import { CoreLoop } from '@thermosphere/service-kit'
import type { Background, Logger } from '@thermosphere/service-kit'
import { SimulatedContainers } from './simulated-containers.ts'
import type { ContainerBehaviour } from './simulated-containers.ts'

/** Who looks at every agent. */
export type AgentWatch = {
  onLinkUp(agent: FleetAgent): void
  /** Called while the agent's own flags still say what it was. */
  onLinkDown(agent: FleetAgent): void
  onRegistered(agent: FleetAgent): void
  /** The master has passed an acknowledgement on, so long after the update was sent to it. */
  onAcknowledged(durationMs: number): void
  onFatal(error: unknown): void
}

export type FleetAgentOptions = {
  readonly config: AgentConfig
  readonly masters: Masters
  /** The longest pause between attempts to reach a master. */
  readonly backoffMaxMs: number
  /** Where its connections come from, if not left to the system. */
  readonly localAddress: string | undefined
  readonly behaviour: ContainerBehaviour
  readonly random: Random
  readonly background: Background
  readonly log: Logger
  readonly watch: AgentWatch
}

type Performed = Exclude<AgentEffect, { type: 'store' | 'timer' }>

type Life = {
  readonly state: AgentState
  readonly loop: CoreLoop<AgentInput, AgentEffect>
  readonly link: AgentLink
  readonly halt: AbortController
}

export class FleetAgent {
  readonly containers: SimulatedContainers
  isLinked = false
  isRegistered = false
  readonly #options: FleetAgentOptions
  readonly #checkpoint = new Map<string, string>()
  /** When the update of a task that waits for its acknowledgement was sent. */
  readonly #sentAt = new Map<string, number>()
  #life: Life | undefined

  constructor(options: FleetAgentOptions) {
    this.#options = options
    this.containers = new SimulatedContainers(options.behaviour, options.random)
  }

  get isRunning(): boolean {
    return this.#life !== undefined
  }

  /** Starts its process: a new agent, or one that finds what it left. */
  start(): void {
    if (this.#life !== undefined) return
    const { config, random, watch } = this.#options
    const surroundings = { config, random: createRandom(random.uint32()), now: Date.now() }
    const recovery = recoverState(surroundings, this.#checkpoint)
    if (recovery.type === 'incompatible') throw new Error(recovery.message)
    const { state, containers } = recovery
    const halt = new AbortController()
    const loop = new CoreLoop<AgentInput, AgentEffect>({
      step: (input, now) => step(state, input, now),
      persist: (writes) => Promise.resolve(applyWrites(this.#checkpoint, writes)),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      halt: halt.signal,
      onFatal: (error) => watch.onFatal(error),
    })
    const submit = (input: AgentInput): void => loop.submit(input)
    this.#life = { state, loop, halt, link: this.#openLink(submit) }
    this.containers.attach(submit)
    submit({ type: 'recovered', containers: this.containers.recover(containers) })
  }

  /** As kill -9: its process is gone, its checkpoint and its containers are not. */
  async crash(): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    this.#life = undefined
    life.halt.abort()
    this.containers.attach(undefined)
    this.#sentAt.clear()
    await life.link.close()
    this.#onLinkDown()
  }

  /** Breaks its connection; it looks for a master again at once. */
  cut(): void {
    this.#life?.link.drop('cut by the fleet')
  }

  async close(): Promise<void> {
    await this.crash()
    this.containers.close()
  }

  #openLink(submit: (input: AgentInput) => void): AgentLink {
    const { masters, backoffMaxMs, localAddress, background, log, watch } = this.#options
    return new AgentLink({
      masters,
      backoffMaxMs,
      localAddress,
      background,
      log,
      onUp: () => {
        this.isLinked = true
        watch.onLinkUp(this)
        submit({ type: 'link-up' })
      },
      onDown: (reason) => {
        this.#onLinkDown()
        submit({ type: 'link-down', reason })
      },
      onMessage: (message) => {
        this.#look(message)
        submit({ type: 'master', message })
      },
    })
  }

  #onLinkDown(): void {
    if (!this.isLinked) return
    this.#options.watch.onLinkDown(this)
    this.isLinked = false
    this.isRegistered = false
  }

  #look(message: agentLink.MasterMessage): void {
    const { watch } = this.#options
    const isWelcome = message.type === 'REGISTERED' || message.type === 'REREGISTERED'
    if (isWelcome && !this.isRegistered) {
      this.isRegistered = true
      watch.onRegistered(this)
    }
    const taskId = message.status_update_ack?.task_id.value
    const sentAt = taskId === undefined ? undefined : this.#sentAt.get(taskId)
    if (taskId === undefined || sentAt === undefined) return
    this.#sentAt.delete(taskId)
    watch.onAcknowledged(performance.now() - sentAt)
  }

  #perform(effect: Performed): void {
    const life = this.#life
    if (life === undefined) return
    switch (effect.type) {
      case 'send':
        return this.#send(life, effect.message)
      case 'connect':
        return life.link.start()
      case 'reconnect':
        return life.link.drop(effect.reason)
      case 'launch':
        return this.containers.launch(effect.plan)
      case 'signal':
        return this.containers.signal(effect.containerId, effect.signal)
      case 'destroy':
        return this.containers.destroy(effect.containerId)
      case 'feedback':
        return life.loop.submit(effect.input)
      case 'run-check':
        return life.loop.submit({ ...effect, type: 'check-result', result: { type: 'command', exitCode: 0 } })
      case 'exit':
        return void this.crash()
      default:
        // Sandboxes, volumes, limits and custom executors are not simulated.
        return
    }
  }

  #send({ link }: Life, message: agentLink.AgentMessage): void {
    const taskId = message.status_update?.status.task_id.value
    if (taskId !== undefined && !this.#sentAt.has(taskId)) this.#sentAt.set(taskId, performance.now())
    link.send(message)
  }
}
