/** Containers of one life of an agent, in the order in which the server's runner tells of them. */
import type {
  AgentInput,
  ContainerToRecover,
  LaunchPlan,
  LimitsPlan,
  RecoveredContainer,
} from '@thermosphere/agent-core'
import type { SimProcess } from '../../kernel/index.ts'
import type { Container, Launched, Machine } from './machine.ts'

export type ContainerRunnerOptions = {
  readonly process: SimProcess
  readonly machine: Machine
  submit(input: AgentInput): void
  /** A container that nobody knew was ended. */
  onOrphan(container: Container): void
}

/** Longest time to fetch and to start a container, and one in so many launches fails. */
const fetchMsMax = 1_500
const startMsMax = 200
const failedLaunchOneIn = 40
const failedUpdateOneIn = 60

export class ContainerRunner {
  readonly #options: ContainerRunnerOptions
  readonly #runs = new Map<string, { isAborted: boolean }>()

  constructor(options: ContainerRunnerOptions) {
    this.#options = options
  }

  launch(plan: LaunchPlan, launched: Launched): void {
    const { process, machine } = this.#options
    const run = { isAborted: false }
    this.#runs.set(plan.containerId, run)
    process.after(machine.random.integer(fetchMsMax), () => {
      if (run.isAborted) return this.#failed(plan, 'The launch was aborted')
      if (machine.random.integer(failedLaunchOneIn) === 0) return this.#failed(plan, 'The image cannot be fetched')
      const container = machine.start(plan, launched)
      // The process is there before its agent knows: a crash between the two leaves an orphan.
      process.after(machine.random.integer(startMsMax), () => this.#launched(container, run))
    })
  }

  recover(known: readonly ContainerToRecover[]): RecoveredContainer[] {
    const { machine, onOrphan } = this.#options
    const ids = new Set(known.map(({ containerId }) => containerId))
    for (const container of [...machine.containers.values()]) {
      if (ids.has(container.id)) continue
      container.onEnd = undefined
      if (container.isRunning) onOrphan(container)
      machine.destroy(container.id)
      machine.containers.delete(container.id)
    }
    return [...ids].map((containerId) => {
      const container = machine.containers.get(containerId)
      if (container === undefined) return { containerId, state: 'lost' }
      this.#runs.set(containerId, { isAborted: false })
      const state = container.isRunning ? 'running' : 'ended'
      this.#watch(container)
      return { containerId, state }
    })
  }

  destroy(containerId: string): void {
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    run.isAborted = true
    this.#options.machine.destroy(containerId)
  }

  updateLimits(containerId: string, { cpusMilli }: LimitsPlan): void {
    const { machine, process, submit } = this.#options
    const container = machine.containers.get(containerId)
    if (container?.isRunning !== true) return
    container.cpusMilliMax = cpusMilli
    if (machine.random.integer(failedUpdateOneIn) === 0)
      process.after(5, () => submit({ type: 'update-failed', containerId, message: 'No space left on device' }))
  }

  #failed({ containerId }: LaunchPlan, message: string): void {
    this.#runs.delete(containerId)
    this.#options.submit({ type: 'launch-failed', containerId, message })
  }

  #launched(container: Container, run: { readonly isAborted: boolean }): void {
    const { machine, submit } = this.#options
    if (run.isAborted) machine.destroy(container.id)
    submit({ type: 'launched', containerId: container.id, pid: 1, handle: { containerId: container.id } })
    this.#watch(container)
  }

  #watch(container: Container): void {
    const { process, submit } = this.#options
    const tell = (): void =>
      void process.after(5, () => {
        const { exitCode, signal } = container
        submit({ type: 'ended', containerId: container.id, end: { exitCode, signal } })
      })
    if (container.isRunning) container.onEnd = tell
    else tell()
  }
}
