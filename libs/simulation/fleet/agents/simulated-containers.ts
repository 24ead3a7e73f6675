/** The containers of one simulated host. They outlive its agent, as processes do. */
import type {
  AgentInput,
  ContainerEnd,
  ContainerToRecover,
  LaunchPlan,
  RecoveredContainer,
} from '@thermosphere/agent-core'
import type { Random } from '@thermosphere/effects'
import { taskBehaviour } from '../../hosts/agent/task-behaviour.ts'

/** How containers behave beside what their commands say. */
export type ContainerBehaviour = {
  /** From the launch until the process is there. */
  readonly startMs: number
  /** A task's second takes 1/speed of a second. */
  readonly speed: number
  /** Shares, 0 to 1: of launches that fail, of tasks that end with 1. */
  readonly failedLaunches: number
  readonly failedTasks: number
}

type Container = { isLaunched: boolean; end: ContainerEnd | undefined; timer: NodeJS.Timeout | undefined }

/** What Node's timers can wait for at most. */
const timeoutMsMax = 2 ** 31 - 1

export class SimulatedContainers {
  readonly #containers = new Map<string, Container>()
  readonly #behaviour: ContainerBehaviour
  readonly #random: Random
  #submit: ((input: AgentInput) => void) | undefined

  constructor(behaviour: ContainerBehaviour, random: Random) {
    this.#behaviour = behaviour
    this.#random = random
  }

  get count(): number {
    return this.#containers.size
  }

  /** The agent that hears of them from now on; nobody while its process is dead. */
  attach(submit: ((input: AgentInput) => void) | undefined): void {
    this.#submit = submit
  }

  /** What became of those that an earlier life of the agent launched. Others are nobody's and end. */
  recover(known: readonly ContainerToRecover[]): RecoveredContainer[] {
    const ids = new Set(known.map(({ containerId }) => containerId))
    for (const id of [...this.#containers.keys()]) if (!ids.has(id)) this.#forget(id)
    return [...ids].map((containerId): RecoveredContainer => {
      const container = this.#containers.get(containerId)
      if (container?.isLaunched !== true) return { containerId, state: 'lost' }
      if (container.end === undefined) return { containerId, state: 'running' }
      this.#tellEnd(containerId, container.end)
      return { containerId, state: 'ended' }
    })
  }

  launch(plan: LaunchPlan): void {
    const { startMs, failedLaunches } = this.#behaviour
    const container: Container = { isLaunched: false, end: undefined, timer: undefined }
    const isFailing = this.#random.fraction() < failedLaunches
    this.#containers.set(plan.containerId, container)
    container.timer = setTimeout(() => (isFailing ? this.#fail(plan) : this.#run(plan, container)), startMs)
  }

  signal(containerId: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    const container = this.#containers.get(containerId)
    if (container?.isLaunched === true) this.#end(containerId, { signal: signal === 'SIGKILL' ? 9 : 15 })
  }

  /** Ends it in whatever state. */
  destroy(containerId: string): void {
    const container = this.#containers.get(containerId)
    if (container === undefined) return
    if (container.isLaunched) return this.#end(containerId, { signal: 9 })
    this.#forget(containerId)
    this.#submit?.({ type: 'launch-failed', containerId, message: 'The launch was aborted' })
  }

  close(): void {
    this.attach(undefined)
    for (const id of [...this.#containers.keys()]) this.#forget(id)
  }

  #fail({ containerId }: LaunchPlan): void {
    this.#containers.delete(containerId)
    this.#submit?.({ type: 'launch-failed', containerId, message: 'A launch that was to fail' })
  }

  #run({ containerId, command }: LaunchPlan, container: Container): void {
    const { speed, failedTasks } = this.#behaviour
    const { runMs, exitCode } = taskBehaviour(command?.type === 'shell' ? command.value : '')
    const isFailing = this.#random.fraction() < failedTasks
    container.isLaunched = true
    container.timer = undefined
    this.#submit?.({ type: 'launched', containerId, pid: 1, handle: { containerId } })
    const ms = runMs / speed
    if (ms > timeoutMsMax) return
    container.timer = setTimeout(() => this.#end(containerId, { exitCode: isFailing ? 1 : exitCode }), ms)
  }

  #end(containerId: string, end: ContainerEnd): void {
    const container = this.#containers.get(containerId)
    if (container === undefined || container.end !== undefined) return
    clearTimeout(container.timer)
    container.end = end
    // Its end is kept until an agent has heard of it.
    if (this.#submit !== undefined) this.#tellEnd(containerId, end)
  }

  #tellEnd(containerId: string, end: ContainerEnd): void {
    this.#containers.delete(containerId)
    this.#submit?.({ type: 'ended', containerId, end })
  }

  #forget(containerId: string): void {
    clearTimeout(this.#containers.get(containerId)?.timer)
    this.#containers.delete(containerId)
  }
}
