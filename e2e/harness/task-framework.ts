/** A framework for tests about tasks: launches them, acknowledges every update and remembers what it hears in order. */
import { eventually } from '@thermosphere/test-kit'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import type { SchedulerCall } from '@thermosphere/protocol/node'
import { commandTask, frameworkInfo } from './v1-framework.ts'

const name = 'tests'
const patienceMs = 60_000

/** Makes a task for an offer; undefined when it does not fit into that one. */
export type TaskMaker = (offer: mesos.Offer) => mesos.TaskInfo | undefined

const hasRevocable = ({ resources = [] }: mesos.Offer): boolean =>
  resources.some(({ revocable }) => revocable !== undefined)

export class TaskFramework {
  readonly events: scheduler.Event[] = []
  readonly #client: SchedulerClient
  #waiting: TaskMaker[] = []

  constructor(master: string, capabilities: readonly mesos.FrameworkInfo_Capability_Type[] = ['PARTITION_AWARE']) {
    this.#client = new SchedulerClient({
      masters: [master],
      frameworkInfo: () => frameworkInfo({ name, failoverTimeoutSeconds: 60, capabilities }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: () => undefined,
    })
    this.#client.start()
  }

  /** Commands by their ids. With `isRevocable` on revocable cpus alone. */
  launch(
    commands: Readonly<Record<string, string>>,
    { isRevocable = false }: { readonly isRevocable?: boolean } = {},
  ): void {
    for (const [id, command] of Object.entries(commands)) {
      const task = { id, command, isRevocable, role: name, cpus: 0.01, memMib: 8 }
      this.launchTask((offer) => (isRevocable && !hasRevocable(offer) ? undefined : commandTask(offer, task)))
    }
  }

  launchTask(task: TaskMaker): void {
    this.#waiting.push(task)
  }

  async call(call: SchedulerCall): Promise<void> {
    await this.#client.call(call)
  }

  get statuses(): mesos.TaskStatus[] {
    return this.events.flatMap(({ update }) => (update === undefined ? [] : [update.status]))
  }

  of(id: string): mesos.TaskStatus[] {
    return this.statuses.filter((status) => status.task_id.value === id)
  }

  /** What it heard of a task: states, each with its reason where there is one. */
  story(id: string): string[] {
    return this.of(id).map(({ state, reason }) => (reason === undefined ? state : `${state} ${reason}`))
  }

  async states(state: mesos.TaskState, ids: readonly string[], timeoutMs = patienceMs): Promise<void> {
    await eventually(`all are ${state}`, () => ids.every((id) => this.of(id).at(-1)?.state === state), timeoutMs)
  }

  /** The first status of the task in this state. */
  status(id: string, state: mesos.TaskState): Promise<mesos.TaskStatus> {
    return eventually(`${id} is ${state}`, () => this.of(id).find((status) => status.state === state), patienceMs)
  }

  async close(): Promise<void> {
    await this.#client.call({ type: 'TEARDOWN' }).catch(() => undefined)
    await this.#client.close()
  }

  #onEvent(event: scheduler.Event): void {
    this.events.push(event)
    if (event.update !== undefined) this.#client.acknowledge(event.update.status).catch(() => undefined)
    for (const offer of event.offers?.offers ?? []) this.#answer(offer)
  }

  /** Everything that waits goes into one offer; what is left of it comes back soon. */
  #answer(offer: mesos.Offer): void {
    const made = this.#waiting.map((make) => ({ make, task: make(offer) }))
    this.#waiting = made.filter(({ task }) => task === undefined).map(({ make }) => make)
    const task_infos = made.map(({ task }) => task).filter((task) => task !== undefined)
    const operations = task_infos.length === 0 ? [] : [{ type: 'LAUNCH' as const, launch: { task_infos } }]
    const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0.5 } }
    this.#client.call({ type: 'ACCEPT', accept }).catch(() => undefined)
  }
}
