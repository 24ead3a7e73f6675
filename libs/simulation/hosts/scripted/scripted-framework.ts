/**
 * A plain v1 framework: it wants a number of tasks, each for some time, kills some, and acknowledges what it is told.
 * Its own memory survives its crashes, as that of a framework with a database does.
 */
import type { Random } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerConnection } from '../scheduler/scheduler-connection.ts'
import type { Dial } from '../scheduler/scheduler-connection.ts'
import { endStates } from '../scheduler/task-states.ts'
import type { SimProcess } from '../../kernel/index.ts'
import type { Wish } from '../../scenario/wish.ts'
import { OfferPlan } from './offer-plan.ts'

export type ScriptedTask = {
  readonly id: string
  readonly agentId: string
  state: mesos.TaskState
  isKillWanted: boolean
}

export type KnownExecutor = { readonly info: mesos.ExecutorInfo; readonly agentId: string }

/** What a framework knows; outlives its process. */
export class FrameworkMemory {
  readonly name: string
  /** Those that it wants offers for. */
  readonly roles: Set<string>
  id: string | undefined
  /** Tasks still to be launched, by command. */
  readonly wanted: string[] = []
  readonly wishes: Wish[] = []
  /** Tasks still to be launched on executors of its own, by command. */
  readonly wantedOnExecutors: string[] = []
  /** By agent and role, the executor that it has launched there last. */
  readonly executors = new Map<string, KnownExecutor>()
  /** Tasks still to be launched on revocable resources, by command. */
  readonly bursts: string[] = []
  takesRevocable = false
  readonly tasks = new Map<string, ScriptedTask>()
  #next = 1
  #nextOperation = 1
  #nextExecutor = 1

  constructor(name: string, roles: readonly string[]) {
    this.name = name
    this.roles = new Set(roles)
  }

  nextTaskId(): string {
    return `${this.name}-${this.#next++}`
  }

  nextExecutorId(): string {
    return `${this.name}-executor-${this.#nextExecutor++}`
  }

  nextOperationId(): string {
    return `${this.name}-operation-${this.#nextOperation++}`
  }
}

/** Who looks at every framework. */
export type FrameworkWatch = {
  onStatus(status: mesos.TaskStatus, memory: FrameworkMemory): void
}

export type ScriptedFrameworkOptions = {
  readonly process: SimProcess
  readonly memory: FrameworkMemory
  readonly masters: readonly string[]
  readonly dial: Dial
  readonly random: Random
  readonly watch: FrameworkWatch
  onFatal(message: string): void
}

const reconcileMs = 20_000
const refuseSeconds = 5
/** A framework may think for a moment before it acknowledges. */
const thinkMsMax = 500
/** One in so many acknowledgements it forgets: the update must be repeated. */
const forgottenOneIn = 8
const newExecutorOneIn = 5
/** One in so many tasks on executors is killed while it is still on its way to them. */
const regrettedOneIn = 6
const regretMsMax = 60
/** One in so many that have ended is launched anew under its old id. */
const sameExecutorOneIn = 3

export class ScriptedFramework {
  readonly #options: ScriptedFrameworkOptions
  readonly #connection: SchedulerConnection

  constructor(options: ScriptedFrameworkOptions) {
    this.#options = options
    const { process, memory, masters, dial, random } = options
    this.#connection = new SchedulerConnection({
      masters,
      dial,
      clock: process,
      random,
      frameworkInfo: () => frameworkInfo(memory),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: () => undefined,
      onFatal: (message) => options.onFatal(message),
    })
    this.#connection.start()
    this.#reconcileLater()
  }

  get isConnected(): boolean {
    return this.#connection.isConnected
  }

  kill(taskId: string): void {
    const task = this.#options.memory.tasks.get(taskId)
    if (task === undefined || endStates.has(task.state)) return
    task.isKillWanted = true
    this.#connection.call({
      type: 'KILL',
      kill: { task_id: { value: taskId }, agent_id: { value: task.agentId } },
    })
  }

  /** Ends one of its executors with all that it runs; which one is counted around. */
  shutDownExecutor(nth: number): void {
    const all = [...this.#options.memory.executors.values()]
    const known = all[nth % Math.max(1, all.length)]
    if (known === undefined) return
    const { info, agentId } = known
    this.#connection.call({
      type: 'SHUTDOWN',
      shutdown: { executor_id: info.executor_id, agent_id: { value: agentId } },
    })
  }

  /** Joins a role or leaves it; one at least is left. */
  changeRole(role: string): void {
    const { memory } = this.#options
    if (!memory.roles.delete(role)) memory.roles.add(role)
    else if (memory.roles.size === 0) memory.roles.add(role)
    this.#update()
  }

  /** Takes revocable resources from now on, or does so no longer. */
  changeRevocable(): void {
    const { memory } = this.#options
    memory.takesRevocable = !memory.takesRevocable
    this.#update()
  }

  /** There is work again. */
  revive(): void {
    this.#connection.call({ type: 'REVIVE' })
  }

  suppress(): void {
    this.#connection.call({ type: 'SUPPRESS' })
  }

  #update(): void {
    const framework_info = frameworkInfo(this.#options.memory)
    this.#connection.call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } })
  }

  #onEvent(event: scheduler.Event): void {
    const { memory } = this.#options
    if (event.subscribed !== undefined) {
      memory.id = event.subscribed.framework_id.value
      this.#reconcile()
    }
    if (event.offers !== undefined) this.#onOffers(event.offers.offers ?? [])
    if (event.update !== undefined) this.#onStatus(event.update.status)
    if (event.failure !== undefined) this.#onFailure(event.failure)
    if (event.update_operation_status !== undefined) this.#onOperation(event.update_operation_status.status)
    if (event.inverse_offers !== undefined) this.#onInverseOffers(event.inverse_offers.inverse_offers ?? [])
  }

  #onOffers(offers: readonly mesos.Offer[]): void {
    const { memory } = this.#options
    for (const offer of offers) {
      const plan = this.#planOf(offer)
      for (const wish of memory.wishes.splice(0)) if (!plan.fulfil(wish)) memory.wishes.push(wish)
      for (let command = memory.wanted[0]; command !== undefined && plan.launch(command); command = memory.wanted[0])
        memory.wanted.shift()
      for (let command = memory.bursts[0]; command !== undefined && plan.burst(command); command = memory.bursts[0])
        memory.bursts.shift()
      this.#launchOnExecutors(offer, plan)
      for (const task of plan.launched) this.#remember(task)
      if (plan.operations.length === 0) this.#decline(offer)
      else this.#accept(offer, plan.operations)
    }
  }

  /** Mostly on the one that is there, if it still is. */
  #launchOnExecutors({ agent_id, allocation_info }: mesos.Offer, plan: OfferPlan): void {
    const { memory, random } = this.#options
    const place = `${agent_id.value} ${allocation_info?.role ?? '*'}`
    for (let command = memory.wantedOnExecutors[0]; command !== undefined; command = memory.wantedOnExecutors[0]) {
      const known = memory.executors.get(place)
      const isNew = known === undefined || random.integer(newExecutorOneIn) === 0
      const executor = isNew ? { info: executorInfo(memory), agentId: agent_id.value } : known
      if (!plan.launchOn(executor.info, command)) return
      memory.executors.set(place, executor)
      memory.wantedOnExecutors.shift()
    }
  }

  /** What it has told of its end is mostly launched under another name. */
  #onFailure({ executor_id, agent_id }: scheduler.Event_Failure): void {
    const { memory, random } = this.#options
    if (memory.executors.size === 0 || random.integer(sameExecutorOneIn) === 0) return
    for (const [place, { info, agentId }] of memory.executors) {
      const isIt = executor_id === undefined || info.executor_id.value === executor_id.value
      if (isIt && agentId === agent_id?.value) memory.executors.delete(place)
    }
  }

  #planOf(offer: mesos.Offer): OfferPlan {
    const { memory } = this.#options
    const role = offer.allocation_info?.role ?? '*'
    return new OfferPlan({
      offer,
      role,
      nextTaskId: () => memory.nextTaskId(),
      nextOperationId: () => memory.nextOperationId(),
    })
  }

  #remember({ task_id, agent_id, executor }: mesos.TaskInfo): void {
    const { memory, random, process } = this.#options
    const id = task_id.value
    memory.tasks.set(id, { id, agentId: agent_id.value, state: 'TASK_STAGING', isKillWanted: false })
    if (executor === undefined || random.integer(regrettedOneIn) > 0) return
    process.after(random.integer(regretMsMax), () => this.kill(id))
  }

  #accept(offer: mesos.Offer, operations: readonly mesos.Offer_Operation[]): void {
    const accept = { offer_ids: [offer.id], operations: [...operations], filters: { refuse_seconds: 0 } }
    this.#connection.call({ type: 'ACCEPT', accept })
  }

  #decline(offer: mesos.Offer): void {
    const filters = { refuse_seconds: refuseSeconds }
    this.#connection.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } })
  }

  #onStatus(status: mesos.TaskStatus): void {
    const { memory, watch, process, random } = this.#options
    watch.onStatus(status, memory)
    const task = memory.tasks.get(status.task_id.value)
    if (task !== undefined && !isOver(task)) task.state = status.state
    const { uuid, agent_id, task_id } = status
    if (uuid === undefined || agent_id === undefined || random.integer(forgottenOneIn) === 0) return
    process.after(random.integer(thinkMsMax), () => {
      this.#connection.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
    })
  }

  #onOperation({ uuid, operation_id, agent_id }: mesos.OperationStatus): void {
    const { process, random } = this.#options
    if (uuid === undefined || operation_id === undefined || random.integer(forgottenOneIn) === 0) return
    const acknowledge = { operation_id, uuid: uuid.value, ...(agent_id && { agent_id }) }
    process.after(random.integer(thinkMsMax), () => {
      this.#connection.call({ type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status: acknowledge })
    })
  }

  #onInverseOffers(offers: readonly mesos.InverseOffer[]): void {
    const inverse_offer_ids = offers.map(({ id }) => id)
    const roll = this.#options.random.integer(3)
    if (roll === 0)
      this.#connection.call({ type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers: { inverse_offer_ids } })
    else if (roll === 1)
      this.#connection.call({ type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids } })
    // Some stay without an answer.
  }

  #reconcileLater(): void {
    this.#options.process.after(reconcileMs, () => {
      this.#reconcile()
      this.#reconcileLater()
    })
  }

  #reconcile(): void {
    const live = [...this.#options.memory.tasks.values()].filter(({ state }) => !endStates.has(state))
    const tasks = live.map(({ id, agentId }) => ({ task_id: { value: id }, agent_id: { value: agentId } }))
    if (tasks.length > 0) this.#connection.call({ type: 'RECONCILE', reconcile: { tasks } })
    // Who was away when an agent came back was not told: the list of everything says so.
    const isAnyLost = [...this.#options.memory.tasks.values()].some(({ state }) => mayComeBack.has(state))
    if (isAnyLost) this.#connection.call({ type: 'RECONCILE', reconcile: {} })
    for (const { id, isKillWanted } of live) if (isKillWanted) this.kill(id)
  }
}

/** Such a task may come back with its agent. */
const mayComeBack: ReadonlySet<string> = new Set(['TASK_LOST', 'TASK_UNKNOWN'])

const isOver = ({ state }: ScriptedTask): boolean => endStates.has(state) && !mayComeBack.has(state)

const executorInfo = (memory: FrameworkMemory): mesos.ExecutorInfo => {
  const id = memory.nextExecutorId()
  return { type: 'CUSTOM', executor_id: { value: id }, name: id, command: { value: 'executor', shell: true } }
}

const frameworkInfo = ({ name, roles, id, takesRevocable }: FrameworkMemory): mesos.FrameworkInfo => ({
  user: 'root',
  name,
  roles: [...roles],
  checkpoint: true,
  failover_timeout: 604_800,
  capabilities: [
    { type: 'MULTI_ROLE' },
    { type: 'PARTITION_AWARE' },
    { type: 'RESERVATION_REFINEMENT' },
    ...(takesRevocable ? [{ type: 'REVOCABLE_RESOURCES' as const }] : []),
  ],
  ...(id !== undefined && { id: { value: id } }),
})
