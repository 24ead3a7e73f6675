/** A whole cluster under one scenario: its processes, what lies between them, and everybody who looks at it. */
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import type { AgentState } from '@thermosphere/agent-core'
import type { Input, Master } from '@thermosphere/master-core'
import { StoreError } from '@thermosphere/store'
import { AgentHost } from '../hosts/agent/agent-host.ts'
import type { AgentWatch } from '../hosts/agent/agent-host.ts'
import { Machine, nameOf } from '../hosts/agent/machine.ts'
import type { Container } from '../hosts/agent/machine.ts'
import { ExecutorProcess } from '../hosts/executor/executor-process.ts'
import { MasterHost } from '../hosts/master/master-host.ts'
import type { MasterTerm } from '../hosts/master/master-term.ts'
import { dialOf } from '../hosts/scheduler/dial.ts'
import type { Surroundings } from '../hosts/scheduler/surroundings.ts'
import { FrameworkMemory, ScriptedFramework } from '../hosts/scripted/scripted-framework.ts'
import { Orchestration } from '../orchestration/orchestration.ts'
import { LeaderInvariants } from '../invariants/leader-invariants.ts'
import { ExecutorInvariants } from '../invariants/executor-invariants.ts'
import { MasterInvariants } from '../invariants/master-invariants.ts'
import { DrainInvariants } from '../invariants/operator/drain-invariants.ts'
import { InverseOfferInvariants } from '../invariants/operator/inverse-offer-invariants.ts'
import { RegistryInvariants } from '../invariants/operator/registry-invariants.ts'
import { RevocableInvariants } from '../invariants/stateful/revocable-invariants.ts'
import { VolumeInvariants } from '../invariants/stateful/volume-invariants.ts'
import { TaskInvariants } from '../invariants/task-invariants.ts'
import { UpdateInvariants } from '../invariants/update-invariants.ts'
import { loopClockOf, Network, SimStore, StoreView, Trace, VirtualTime } from '../kernel/index.ts'
import type { SimProcess } from '../kernel/index.ts'
import { takesRevocable } from '../scenario/generate-revocable.ts'
import { rolesOf } from '../scenario/generate-stateful.ts'
import { namesOf, seedFor, startAt } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { Counters } from './counters.ts'
import { Member } from './member.ts'
import { Operator } from './operator.ts'
import type { Violation } from './report.ts'

/** The least and the longest time after which a supervisor starts a process again that gave up. */
const restartMs = { min: 500, max: 5_000 }

/** What a master tells the one whose place another has taken. */
const failedOver = 'Framework failed over'

export type ClusterOptions = { readonly scenario: Scenario; readonly isTraceKept?: boolean }

export class Cluster {
  readonly scenario: Scenario
  readonly time = new VirtualTime(startAt)
  readonly trace: Trace
  readonly counters = new Counters()
  readonly network: Network
  readonly store: SimStore
  readonly members = new Map<string, Member>()
  readonly masters = new Map<string, MasterHost>()
  readonly agents = new Map<string, AgentHost>()
  readonly machines = new Map<string, Machine>()
  readonly frameworks = new Map<string, ScriptedFramework>()
  readonly memories = new Map<string, FrameworkMemory>()
  readonly masterInvariants: MasterInvariants
  readonly taskInvariants: TaskInvariants
  readonly executorInvariants: ExecutorInvariants
  readonly updateInvariants: UpdateInvariants
  readonly leaderInvariants: LeaderInvariants
  readonly volumeInvariants: VolumeInvariants
  readonly registryInvariants: RegistryInvariants
  readonly revocableInvariants: RevocableInvariants
  readonly drainInvariants: DrainInvariants
  readonly inverseOfferInvariants: InverseOfferInvariants
  readonly operator: Operator
  readonly orchestration: Orchestration
  violation: Violation | undefined
  readonly #report = (invariant: string, message: string): void => this.report(invariant, message)
  readonly #lives = new Map<string, number>()

  constructor({ scenario, isTraceKept = false }: ClusterOptions) {
    this.scenario = scenario
    this.trace = new Trace({ startAt, isKept: isTraceKept })
    this.network = new Network(this.time, this.random('network'))
    this.store = new SimStore({ name: 'store', network: this.network, random: this.random('store') })
    const report = this.#report
    this.taskInvariants = new TaskInvariants(report)
    this.updateInvariants = new UpdateInvariants(report)
    this.executorInvariants = new ExecutorInvariants(report, (name) => this.counters.add(name))
    this.masterInvariants = new MasterInvariants({
      report,
      elapsed: () => this.time.now,
      stored: (key) => this.store.read(key),
      count: (name) => this.counters.add(name),
      onElected: (master, name) => this.#onElected(master, name),
      onStepped: (master, input) => this.#onStepped(master, input),
      onAcknowledged: (acknowledge) => this.updateInvariants.onAcknowledged(acknowledge),
    })
    this.volumeInvariants = new VolumeInvariants(report)
    this.revocableInvariants = new RevocableInvariants(report, (name) => this.counters.add(name))
    this.drainInvariants = new DrainInvariants(report)
    this.inverseOfferInvariants = new InverseOfferInvariants(report)
    this.registryInvariants = new RegistryInvariants({
      report,
      now: () => this.time.now,
      count: (name) => this.counters.add(name),
      hostOf: (id) => this.#hostOf(id),
    })
    this.leaderInvariants = new LeaderInvariants({ report, store: this.store, time: this.time })
    this.store.onApplied = (applied) => {
      this.leaderInvariants.onApplied(applied)
      this.registryInvariants.onApplied(applied.operations)
      this.orchestration.onApplied(applied.operations)
      this.log(`store: ${applied.by} writes ${applied.operations.length}`)
    }
    this.operator = new Operator(this)
    this.orchestration = new Orchestration(this)
    for (const name of namesOf('master', scenario.sizes)) this.add(name, (process) => this.#bootMaster(process))
    for (const name of namesOf('agent', scenario.sizes)) this.#addAgent(name)
    for (const name of namesOf('framework', scenario.sizes)) this.#addFramework(name)
    for (const name of [...namesOf('marathon', scenario.sizes), ...namesOf('chronos', scenario.sizes)])
      this.add(name, (process) => this.orchestration.boot(process))
  }

  get masterNames(): string[] {
    return namesOf('master', this.scenario.sizes)
  }

  /** Where the time is, in milliseconds from the start. */
  get elapsedMs(): number {
    return this.time.now - startAt
  }

  random(concern: string): Random {
    return createRandom(seedFor(this.scenario.seed, concern))
  }

  report(invariant: string, message: string): void {
    if (this.violation !== undefined) return
    this.violation = { invariant, message }
    this.log(`VIOLATION ${invariant}: ${message}`)
  }

  log(text: string): void {
    this.trace.add(this.time.now, text)
  }

  /** `boot` starts one life of the process. */
  add(name: string, boot: (process: SimProcess) => void, skew?: { ms: number }): Member {
    const member = new Member({
      name,
      time: this.time,
      boot,
      onStart: () => this.log(`${name} starts`),
      ...(skew !== undefined && { skew }),
    })
    this.members.set(name, member)
    return member
  }

  /** The leading master that everybody else would be sent to. */
  leader(): MasterTerm | undefined {
    const holder = this.store.holder('master')
    const host = holder === undefined ? undefined : this.masters.get(holder.by)
    return host?.term?.leadership.token === holder?.token ? host?.term : undefined
  }

  /** Whether an agent goes by that id. One that ended before it had stored its id comes back under another one. */
  hasAgent(agentId: string | undefined): boolean {
    return [...this.agents.values()].some(({ state }) => state.agentId === agentId)
  }

  /** What a framework's process stands in. */
  surroundings(process: SimProcess): Surroundings {
    return {
      store: new StoreView(this.store, process),
      durable: (key, leadership) => this.store.readAs(leadership, key),
      clock: process,
      loopClock: loopClockOf(process),
      random: this.randomOfLife(process.name),
      masters: this.masterNames,
      dial: dialOf(this.network, process),
      onFatal: (error) => this.fatal(process, error),
      report: this.#report,
    }
  }

  /** Each life of a process draws its own numbers. */
  randomOfLife(name: string): Random {
    const life = (this.#lives.get(name) ?? 0) + 1
    this.#lives.set(name, life)
    return this.random(`${name} ${life}`)
  }

  /** A process gives up. Failures of its surroundings are no bug; the supervisor starts it again. */
  fatal(process: SimProcess, error: unknown): void {
    const isSurroundings = error instanceof StoreError || (error instanceof Error && error.message.includes('disk'))
    const text = error instanceof Error ? error.message : String(error)
    if (!isSurroundings)
      this.report('core-holds-its-promises', `${process.name}: ${error instanceof Error ? error.stack : text}`)
    this.log(`${process.name} gives up: ${text}`)
    this.counters.add('gave up')
    this.end(process)
  }

  end(process: SimProcess): void {
    const member = this.members.get(process.name)
    if (member?.process !== process) return
    const { min, max } = restartMs
    member.crash(min + (seedFor(this.scenario.seed, `${process.name} ${this.time.now}`) % (max - min)))
  }

  #hostOf(agentId: string): { state: AgentState; machine: Machine; isUp: boolean } | undefined {
    for (const [name, { state }] of this.agents) {
      const machine = this.machines.get(name)
      if (state.agentId === agentId && machine) return { state, machine, isUp: this.members.get(name)?.isUp === true }
    }
    return undefined
  }

  #onStepped(master: Master, input: Input): void {
    this.registryInvariants.look(master)
    this.drainInvariants.onStepped(master)
    for (const { id, total } of master.agents.values()) this.volumeInvariants.checkOnce(`a master's ${id}`, total)
    if (input.type !== 'durable' || input.change !== 'agent-readmitted') return
    const agent = master.agents.get(input.reregister.agent_info.id?.value ?? '')
    if (agent !== undefined)
      this.registryInvariants.onKnown(agent.id, {
        deactivated: agent.deactivated,
        drainState: agent.drain?.state,
      })
  }

  #onElected(master: Master, name: string): void {
    this.counters.add('elections')
    this.log(`${name} leads as ${master.info.id}`)
    this.operator.checkRegistry(master)
  }

  #bootMaster(process: SimProcess): void {
    const host = new MasterHost({
      process,
      network: this.network,
      store: new StoreView(this.store, process),
      random: this.randomOfLife(process.name),
      masters: this.scenario.masters,
      watch: this.masterInvariants,
      report: this.#report,
      onFatal: (error) => this.fatal(process, error),
    })
    this.masters.set(process.name, host)
  }

  #addAgent(name: string): void {
    const machine = new Machine(name, { time: this.time, random: this.random(`${name} machine`) })
    this.machines.set(name, machine)
    machine.onStarted = (taskId, container) => {
      this.log(`${name} runs ${taskId}`)
      this.taskInvariants.onStarted(taskId, container, machine)
    }
    machine.onFinished = (taskId) => this.log(`${name}: ${taskId} is over`)
    machine.onEnded = (container) => {
      const { exitCode, signal } = container
      const how = exitCode === undefined ? `by signal ${signal}` : `with ${exitCode}`
      this.log(`${name}: ${nameOf(container)} ended ${how}`)
    }
    machine.startExecutor = (container) => this.#startExecutor(machine, container)
    this.add(name, (process) => this.#bootAgent(process, machine), machine.skew)
  }

  #startExecutor(machine: Machine, container: Container): () => void {
    const { network } = this
    this.log(`${machine.name} runs ${nameOf(container)}`)
    this.executorInvariants.onStarted(container, machine)
    const { process } = new ExecutorProcess({ machine, container, network, watch: this.executorInvariants })
    return () => process.crash({ isPowerLoss: container.exitCode === undefined && container.signal === undefined })
  }

  #bootAgent(process: SimProcess, machine: Machine): void {
    try {
      this.agents.set(process.name, this.#startAgent(process, machine))
    } catch (error) {
      // It cannot read what it has written itself.
      this.fatal(process, error)
    }
  }

  #startAgent(process: SimProcess, machine: Machine): AgentHost {
    return new AgentHost({
      process,
      machine,
      network: this.network,
      masters: this.masterNames,
      random: this.randomOfLife(process.name),
      watch: this.#agentWatch(),
      isOversubscribed: this.scenario.isStateful,
      onFatal: (error) => this.fatal(process, error),
      onExit: (message) => {
        this.log(`${process.name} exits: ${message}`)
        machine.forgetAgent()
        this.end(process)
      },
    })
  }

  #agentWatch(): AgentWatch {
    const { taskInvariants, updateInvariants, executorInvariants, volumeInvariants, revocableInvariants } = this
    return {
      onRecovered: (state, machine) => {
        volumeInvariants.check(state, machine)
        revocableInvariants.onRecovered(state, machine)
      },
      onExecutorEvent: (event, machine, pending) => executorInvariants.onTold(event, machine, pending),
      onApply: (operation, machine) => volumeInvariants.onApply(operation, machine),
      onStepped: (state, machine, effects) => {
        volumeInvariants.checkOnce(machine.name, state.total)
        revocableInvariants.onStepped(state, machine, effects)
      },
      onOverload: (state, machine) => {
        this.log(`${machine.name} is overloaded`)
        revocableInvariants.onOverload(state, machine)
      },
      onVolumeMade: (path, machine) => volumeInvariants.onMade(path, machine),
      onOrphan: (container, machine) => taskInvariants.onOrphan(container, machine),
      onDone: (status, machine) => updateInvariants.onDone(status, machine),
      onSent: (message, machine, pending) => {
        updateInvariants.onSent(message, machine, pending)
        volumeInvariants.onTold(message, machine)
        revocableInvariants.onSent(message, machine)
        if (message.operation_status !== undefined) this.counters.add(message.operation_status.status.state)
      },
    }
  }

  /** A subscription of its own that it had given up may come late and take its place: then its supervisor helps. */
  #refused(process: SimProcess, message: string): void {
    if (message !== failedOver) return this.report('frameworks-come-back', `${process.name} is refused: ${message}`)
    this.log(`${process.name} gives up: ${message}`)
    this.counters.add('frameworks failed over')
    this.end(process)
  }

  #addFramework(name: string): void {
    const { isStateful } = this.scenario
    const [own, , common] = rolesOf(name)
    const memory = new FrameworkMemory(name, isStateful ? [own, common] : [own])
    memory.takesRevocable = isStateful && takesRevocable(name)
    this.memories.set(name, memory)
    this.add(name, (process) => {
      const framework = new ScriptedFramework({
        ...this.surroundings(process),
        process,
        memory,
        watch: {
          onStatus: (status) => {
            this.log(`${name} is told ${status.task_id.value} ${status.state} ${status.reason ?? ''}`)
            this.counters.add(status.state)
            this.taskInvariants.onStatus(status)
            this.executorInvariants.onStatus(status)
          },
        },
        onFatal: (message) => this.#refused(process, message),
      })
      this.frameworks.set(name, framework)
    })
  }
}
