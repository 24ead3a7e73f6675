/**
 * A plain v1 framework: it wants a number of tasks, each for some time, kills some, and acknowledges what it is told.
 * Its own memory survives its crashes, as that of a framework with a database does.
 */
import type { Random } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { SchedulerConnection } from '../scheduler/scheduler-connection.ts'
import type { Dial } from '../scheduler/scheduler-connection.ts'
import { endStates } from '../scheduler/task-states.ts'
import type { SimProcess } from '../../kernel/index.ts'

export type ScriptedTask = {
  readonly id: string
  readonly agentId: string
  state: mesos.TaskState
  isKillWanted: boolean
}

/** What a framework knows; outlives its process. */
export class FrameworkMemory {
  readonly name: string
  readonly role: string
  id: string | undefined
  /** Tasks still to be launched, by command. */
  readonly wanted: string[] = []
  readonly tasks = new Map<string, ScriptedTask>()
  #next = 1

  constructor(name: string, role: string) {
    this.name = name
    this.role = role
  }

  nextTaskId(): string {
    return `${this.name}-${this.#next++}`
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

const cpusATask = 1
const memATask = 64
const reconcileMs = 20_000
const refuseSeconds = 5
/** A framework may think for a moment before it acknowledges. */
const thinkMsMax = 500
/** One in so many acknowledgements it forgets: the update must be repeated. */
const forgottenOneIn = 8

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

  /** There is work again. */
  revive(): void {
    this.#connection.call({ type: 'REVIVE' })
  }

  suppress(): void {
    this.#connection.call({ type: 'SUPPRESS' })
  }

  #onEvent(event: scheduler.Event): void {
    const { memory } = this.#options
    if (event.subscribed !== undefined) {
      memory.id = event.subscribed.framework_id.value
      this.#reconcile()
    }
    if (event.offers !== undefined) this.#onOffers(event.offers.offers ?? [])
    if (event.update !== undefined) this.#onStatus(event.update.status)
  }

  #onOffers(offers: readonly mesos.Offer[]): void {
    const { memory } = this.#options
    for (const offer of offers) {
      const infos: mesos.TaskInfo[] = []
      const offered = Resources.fromWire(offer.resources ?? [])
      for (let left = offered.scalar('cpus'); left >= cpusATask * 1000 && memory.wanted.length > 0;) {
        const command = memory.wanted.shift()
        if (command === undefined) break
        infos.push(this.#launch(offer, command))
        left -= cpusATask * 1000
      }
      if (infos.length === 0) this.#decline(offer)
      else this.#accept(offer, infos)
    }
  }

  #launch(offer: mesos.Offer, command: string): mesos.TaskInfo {
    const { memory } = this.#options
    const id = memory.nextTaskId()
    const agentId = offer.agent_id.value
    memory.tasks.set(id, { id, agentId, state: 'TASK_STAGING', isKillWanted: false })
    const allocation_info = { role: memory.role }
    return {
      name: id,
      task_id: { value: id },
      agent_id: offer.agent_id,
      resources: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: cpusATask }, allocation_info },
        { name: 'mem', type: 'SCALAR', scalar: { value: memATask }, allocation_info },
      ],
      command: { value: command, shell: true },
    }
  }

  #accept(offer: mesos.Offer, task_infos: readonly mesos.TaskInfo[]): void {
    const operations = [{ type: 'LAUNCH' as const, launch: { task_infos: [...task_infos] } }]
    const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } }
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
    if (task !== undefined && !endStates.has(task.state)) task.state = status.state
    const { uuid, agent_id, task_id } = status
    if (uuid === undefined || agent_id === undefined || random.integer(forgottenOneIn) === 0) return
    process.after(random.integer(thinkMsMax), () => {
      this.#connection.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
    })
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
    for (const { id, isKillWanted } of live) if (isKillWanted) this.kill(id)
  }
}

const frameworkInfo = ({ name, role, id }: FrameworkMemory): mesos.FrameworkInfo => ({
  user: 'root',
  name,
  roles: [role],
  checkpoint: true,
  failover_timeout: 604_800,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'RESERVATION_REFINEMENT' }],
  ...(id !== undefined && { id: { value: id } }),
})
