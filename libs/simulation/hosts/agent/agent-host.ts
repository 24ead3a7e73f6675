/** One life of an agent's process: the real core under the real loop, with the disk and the containers of its host. */
import { recoverState, step } from '@thermosphere/agent-core'
import type { AgentEffect, AgentInput, AgentState, LaunchPlan } from '@thermosphere/agent-core'
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, executor, mesos } from '@thermosphere/protocol'
import { CoreLoop } from '@thermosphere/service-kit'
import { endStates } from '../scheduler/task-states.ts'
import { loopClockOf } from '../../kernel/index.ts'
import type { Network, SimProcess } from '../../kernel/index.ts'
import { agentConfig, oversubscribedConfig } from './agent-config.ts'
import { AgentLink } from './agent-link.ts'
import { ContainerRunner } from './container-runner.ts'
import { loadMax } from './machine.ts'
import { ExecutorService } from './executor-service.ts'
import type { Container, Launched, Machine } from './machine.ts'

/** Who looks at every agent. */
export type AgentWatch = {
  /** A message leaves for the master. `pending` are the updates of the task it tells of that wait for it. */
  onSent(message: agentLink.AgentMessage, machine: Machine, pending: readonly PendingUpdate[]): void
  onOrphan(container: Container, machine: Machine): void
  /** An update is taken for acknowledged. */
  onDone(status: mesos.TaskStatus, machine: Machine): void
  /** What it has on disk is its state again. */
  onRecovered(state: AgentState, machine: Machine): void
  onApply(operation: agentLink.MasterMessage_ApplyOperation, machine: Machine): void
  onStepped(state: AgentState, machine: Machine, effects: readonly AgentEffect[]): void
  /** An executor is told. `pending` are the updates of the task it is told of that wait for the framework. */
  onExecutorEvent(event: executor.Event, machine: Machine, pending: readonly PendingUpdate[]): void
  /** It is about to hear that the load of its host is too high. */
  onOverload(state: AgentState, machine: Machine): void
  /** The directory of a new volume is about to be made. */
  onVolumeMade(path: string, machine: Machine): void
}

export type AgentHostOptions = {
  readonly process: SimProcess
  readonly machine: Machine
  readonly network: Network
  readonly masters: readonly string[]
  readonly random: Random
  readonly watch: AgentWatch
  /** It offers what its host can spare as revocable, and takes it back under load. */
  readonly isOversubscribed: boolean
  onFatal(error: unknown): void
  onExit(message: string): void
}

export type PendingUpdate = { readonly status: mesos.TaskStatus }
type AboutTask = { readonly framework_id: mesos.FrameworkID; readonly task_id: mesos.TaskID }

const taskOf = (update: agentLink.AgentMessage_StatusUpdate | undefined): AboutTask | undefined =>
  update && { framework_id: update.framework_id, task_id: update.status.task_id }
type Performed = Exclude<AgentEffect, { type: 'store' | 'timer' }>

const recoveryMs = 100

export class AgentHost {
  readonly state: AgentState
  readonly #options: AgentHostOptions
  readonly #loop: CoreLoop<AgentInput, AgentEffect>
  readonly #link: AgentLink
  readonly #containers: ContainerRunner
  readonly #executors: ExecutorService
  /** Of launches that wait for the disk: meanwhile the agent may give up the task. */
  readonly #launching = new Map<LaunchPlan, Launched>()

  constructor(options: AgentHostOptions) {
    this.#options = options
    const { process, machine, random, watch } = options
    const config = options.isOversubscribed ? oversubscribedConfig(machine) : agentConfig(machine.name, 5051)
    const surroundings = { config, random: createRandom(random.uint32()), now: process.now() }
    const recovery = recoverState(surroundings, machine.disk.entries)
    if (recovery.type === 'incompatible') throw new Error(recovery.message)
    this.state = recovery.state
    watch.onRecovered(this.state, machine)
    this.#loop = new CoreLoop<AgentInput, AgentEffect>({
      step: (input, now) => this.#step(input, now),
      persist: (writes) => machine.disk.persist(process, writes),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      clock: loopClockOf(process),
      halt: process.halt,
      onFatal: (error) => options.onFatal(error),
    })
    const submit = (input: AgentInput): void => this.#loop.submit(input)
    this.#link = new AgentLink({
      ...options,
      onUp: () => submit({ type: 'link-up' }),
      onDown: (reason) => submit({ type: 'link-down', reason }),
      onMessage: (message) => submit({ type: 'master', message }),
    })
    this.#containers = new ContainerRunner({
      process,
      machine,
      submit,
      onOrphan: (container) => watch.onOrphan(container, machine),
    })
    this.#executors = new ExecutorService({
      process,
      network: options.network,
      submit,
      isRecovering: () => this.state.link.type === 'recovering',
    })
    process.after(recoveryMs, () => {
      submit({ type: 'recovered', containers: this.#containers.recover(recovery.containers) })
    })
  }

  #step(input: AgentInput, now: number): AgentEffect[] {
    const { watch, machine } = this.#options
    const ack = input.type === 'master' ? input.message.status_update_ack : undefined
    const before = [...this.#pending(ack)]
    const operation = input.type === 'master' ? input.message.apply_operation : undefined
    if (operation !== undefined) watch.onApply(operation, machine)
    if (input.type === 'load' && input.fiveMinutes > loadMax) watch.onOverload(this.state, machine)
    const effects = step(this.state, input, now)
    watch.onStepped(this.state, machine, effects)
    const after = new Set(this.#pending(ack))
    for (const update of before) if (!after.has(update)) watch.onDone(update.status, machine)
    for (const effect of effects)
      if (effect.type === 'launch') this.#launching.set(effect.plan, this.#launchedOf(effect.plan.containerId))
    return effects
  }

  #perform(effect: Performed): void {
    const { machine, watch, process, onExit } = this.#options
    switch (effect.type) {
      case 'send':
        watch.onSent(effect.message, machine, this.#pending(taskOf(effect.message.status_update)))
        this.#link.send(effect.message)
        return endStates.has(effect.message.status_update?.status.state ?? '') ? machine.onEndTold() : undefined
      case 'connect':
        return this.#link.start()
      case 'reconnect':
        return this.#link.drop(effect.reason)
      case 'launch':
        return this.#launch(effect.plan)
      case 'signal':
        return machine.signal(effect.containerId, effect.signal)
      case 'destroy':
        return this.#containers.destroy(effect.containerId)
      case 'run-check': {
        const { token, containerId } = effect
        return void process.after(50, () => {
          const exitCode = machine.containers.get(containerId)?.isRunning === true ? 0 : 1
          this.#loop.submit({ type: 'check-result', token, containerId, result: { type: 'command', exitCode } })
        })
      }
      case 'feedback':
        return this.#loop.submit(effect.input)
      case 'exit':
        return onExit(effect.message)
      case 'read-load':
        return this.#loop.submit({ type: 'load', fiveMinutes: machine.load, fifteenMinutes: machine.load })
      case 'make-volume':
        watch.onVolumeMade(effect.path, machine)
        return void machine.volumes.set(effect.path, machine.volumes.get(effect.path) ?? [])
      case 'remove-volume':
        return void machine.volumes.delete(effect.path)
      case 'update-limits':
        return this.#containers.updateLimits(effect.containerId, effect.limits)
      case 'executor-event':
        watch.onExecutorEvent(effect.event, machine, this.#pendingOf(effect.event))
        return this.#executors.perform(effect)
      case 'executor-reply':
      case 'executor-close':
        return this.#executors.perform(effect)
      default:
        // Sandboxes are not simulated, nor is what the agent logs.
        return
    }
  }

  #pendingOf({ acknowledged }: executor.Event): readonly PendingUpdate[] {
    const id = acknowledged?.task_id.value ?? ''
    return [...this.state.frameworks.values()].flatMap(({ streams }) => streams.get(id)?.pending ?? [])
  }

  /** What waits for the acknowledgement of a task's updates. */
  #pending(about: AboutTask | undefined): readonly PendingUpdate[] {
    const framework = this.state.frameworks.get(about?.framework_id.value ?? '')
    return framework?.streams.get(about?.task_id.value ?? '')?.pending ?? []
  }

  #launch(plan: LaunchPlan): void {
    const launched = this.#launching.get(plan)
    if (launched !== undefined) this.#containers.launch(plan, launched)
    this.#launching.delete(plan)
  }

  #launchedOf(containerId: string): Launched {
    const { frameworkId = '', executorId = '', taskId } = this.state.containers.get(containerId) ?? {}
    const executor = this.state.frameworks.get(frameworkId)?.executors.get(executorId)
    if (taskId === undefined) {
      const cpusMilli = Resources.fromWire(executor?.info.resources ?? []).scalar('cpus')
      return { type: 'executor', frameworkId, executorId, cpusMilli }
    }
    const firm = Resources.fromWire(executor?.tasks.get(taskId)?.info.resources ?? []).nonRevocable()
    return { type: 'task', taskId, cpusMilli: firm.scalar('cpus') }
  }
}
