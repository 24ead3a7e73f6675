/** A plain framework of the v1 scheduler API that launches short tasks and kills some of them. */
import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { commandTask, frameworkInfo, HeldOffers } from '../../harness/v1-framework.ts'
import { Pace } from './history.ts'
import type { Load, LoadOptions } from './history.ts'

export type FrameworkOptions = LoadOptions & {
  /** `host:port` of each master. */
  readonly masters: readonly string[]
  readonly tasksAtOnce: number
}

type Task = { readonly agentId: mesos.AgentID; isEnded: boolean }

const name = 'plain'
const reconcileEveryMs = 2_000

export class FrameworkLoad implements Load {
  readonly #options: FrameworkOptions
  readonly #client: SchedulerClient
  readonly #pace: Pace
  readonly #tasks = new Map<string, Task>()
  readonly #offers = new HeldOffers()
  #wanted = 0
  #next = 0
  #isStopped = false
  #isClosing = false
  #reconciledAt = 0
  fatal: string | undefined

  constructor(options: FrameworkOptions) {
    this.#options = options
    this.#client = new SchedulerClient({
      masters: options.masters,
      backoff: { minMs: 100, maxMs: 1000 },
      frameworkInfo: () => frameworkInfo({ name, failoverTimeoutSeconds: 3600, capabilities: ['PARTITION_AWARE'] }),
      onEvent: (event) => this.#onEvent(event),
      onConnected: () => void this.#reconcile(),
      onDisconnected: () => this.#offers.clear(),
      onFatal: (message) => {
        if (!this.#isClosing) this.fatal = message
      },
    })
    this.#client.start()
    this.#pace = new Pace(options.everyMs, () => this.#work())
  }

  #active(): [string, Task][] {
    return [...this.#tasks].filter(([, task]) => !task.isEnded)
  }

  async #work(): Promise<void> {
    const { random, tasksAtOnce } = this.#options
    const active = this.#active()
    if (active.length < tasksAtOnce) this.#wanted = tasksAtOnce - active.length
    this.#place()
    const [taskId, task] = active[Math.floor(random() * active.length)] ?? []
    if (taskId !== undefined && task !== undefined && random() < 0.2)
      await this.#call({ type: 'KILL', kill: { task_id: { value: taskId }, agent_id: task.agentId } })
    if (Date.now() - this.#reconciledAt > reconcileEveryMs) await this.#reconcile()
  }

  /** What has not been told to have ended is asked for; a master that is being elected answers later. */
  async #reconcile(): Promise<void> {
    this.#reconciledAt = Date.now()
    const tasks = this.#active().map(([value, { agentId }]) => ({ task_id: { value }, agent_id: agentId }))
    if (tasks.length > 0) await this.#call({ type: 'RECONCILE', reconcile: { tasks } })
  }

  /** A call that got lost is made up for by the next reconciliation. */
  #call(call: Parameters<SchedulerClient['call']>[0]): Promise<void> {
    return this.#client.call(call).catch(() => undefined)
  }

  #onEvent(event: scheduler.Event): void {
    this.#offers.onEvent(event)
    if (event.update !== undefined) this.#onStatus(event.update.status)
    this.#place()
  }

  #onStatus(status: mesos.TaskStatus): void {
    const taskId = status.task_id.value
    const task = this.#tasks.get(taskId)
    // Asked before its end was told, a master answers for a task that it has forgotten: that is no second end.
    const isLateAnswer = task?.isEnded === true && status.reason === 'REASON_RECONCILIATION'
    if (!isLateAnswer) this.#options.history.reports.push({ taskId, state: status.state })
    if (task !== undefined && terminalTaskStates.has(status.state)) task.isEnded = true
    this.#client.acknowledge(status).catch(() => undefined)
  }

  #place(): void {
    for (let offer = this.#offers.take(); offer !== undefined; offer = this.#offers.take()) {
      const count = this.#isStopped ? 0 : Math.min(this.#wanted, 3)
      this.#wanted -= count
      const tasks = Array.from({ length: count }, () => this.#newTask(offer))
      const accept = {
        offer_ids: [offer.id],
        operations: [{ type: 'LAUNCH' as const, launch: { task_infos: tasks } }],
        filters: { refuse_seconds: 0.5 },
      }
      const decline = { offer_ids: [offer.id], filters: { refuse_seconds: 0.5 } }
      void this.#call(count > 0 ? { type: 'ACCEPT', accept } : { type: 'DECLINE', decline })
    }
  }

  #newTask(offer: mesos.Offer): mesos.TaskInfo {
    const { random, record } = this.#options
    const id = `plain-${(this.#next += 1)}`
    this.#tasks.set(id, { agentId: offer.agent_id, isEnded: false })
    const command = `exec ${record.script} run ${(1 + random() * 8).toFixed(1)} plain`
    return commandTask(offer, { id, role: name, command, cpus: 0.01, memMib: 16, env: { MESOS_TASK_ID: id } })
  }

  /** Launches no more; updates are still taken and tasks asked for. */
  async stop(): Promise<void> {
    this.#isStopped = true
  }

  async unsettled(): Promise<string | undefined> {
    if (this.fatal !== undefined) return `the plain framework was refused: ${this.fatal}`
    const active = this.#active()
    return active.length === 0 ? undefined : `${active.length} plain tasks have no end, as ${active[0]?.[0]}`
  }

  async final(): Promise<Map<string, string>> {
    return new Map()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#pace.stop()
    await this.#client.close()
  }
}
