/** A framework for tests about tasks: launches commands, acknowledges every update and remembers them in order. */
import { eventually } from '@thermosphere/test-kit'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { commandTask, frameworkInfo } from './v1-framework.ts'

const name = 'tests'

type Waiting = { readonly id: string; readonly command: string; readonly isRevocable: boolean }

const hasRevocable = ({ resources = [] }: mesos.Offer): boolean =>
  resources.some(({ revocable }) => revocable !== undefined)

export class TaskFramework {
  readonly statuses: mesos.TaskStatus[] = []
  readonly #client: SchedulerClient
  readonly #queue: Waiting[] = []

  constructor(master: string, capabilities: readonly mesos.FrameworkInfo_Capability_Type[] = ['PARTITION_AWARE']) {
    this.#client = new SchedulerClient({
      masters: [master],
      frameworkInfo: () => frameworkInfo({ name, failoverTimeoutSeconds: 60, capabilities }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: () => undefined,
    })
    this.#client.start()
  }

  /** With `isRevocable` on revocable cpus alone. */
  launch(
    tasks: Readonly<Record<string, string>>,
    { isRevocable = false }: { readonly isRevocable?: boolean } = {},
  ): void {
    this.#queue.push(...Object.entries(tasks).map(([id, command]) => ({ id, command, isRevocable })))
  }

  of(id: string): mesos.TaskStatus[] {
    return this.statuses.filter((status) => status.task_id.value === id)
  }

  /** What it heard of a task: states, each with its reason where there is one. */
  story(id: string): string[] {
    return this.of(id).map(({ state, reason }) => (reason === undefined ? state : `${state} ${reason}`))
  }

  async states(state: mesos.TaskState, ids: readonly string[], timeoutMs = 60_000): Promise<void> {
    await eventually(`all are ${state}`, () => ids.every((id) => this.of(id).at(-1)?.state === state), timeoutMs)
  }

  async close(): Promise<void> {
    await this.#client.call({ type: 'TEARDOWN' }).catch(() => undefined)
    await this.#client.close()
  }

  #onEvent(event: scheduler.Event): void {
    if (event.update !== undefined) {
      this.statuses.push(event.update.status)
      this.#client.acknowledge(event.update.status).catch(() => undefined)
    }
    for (const offer of event.offers?.offers ?? []) this.#answer(offer)
  }

  /** Everything that waits goes into one offer; what is left of it comes back soon. */
  #answer(offer: mesos.Offer): void {
    const fits = ({ isRevocable }: Waiting): boolean => !isRevocable || hasRevocable(offer)
    const waiting = this.#queue.splice(0)
    this.#queue.push(...waiting.filter((task) => !fits(task)))
    const task_infos = waiting
      .filter(fits)
      .map((task) => commandTask(offer, { ...task, role: name, cpus: 0.01, memMib: 8 }))
    const operations = task_infos.length === 0 ? [] : [{ type: 'LAUNCH' as const, launch: { task_infos } }]
    const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0.5 } }
    this.#client.call({ type: 'ACCEPT', accept }).catch(() => undefined)
  }
}
