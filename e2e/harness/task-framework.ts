/** A framework for tests about tasks: launches commands, acknowledges every update and remembers them in order. */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { eventually } from './eventually.ts'

const role = 'tests'

export class TaskFramework {
  readonly statuses: mesos.TaskStatus[] = []
  readonly #client: SchedulerClient
  readonly #queue: { readonly id: string; readonly command: string }[] = []

  constructor(master: string, capabilities: readonly mesos.FrameworkInfo_Capability_Type[] = ['PARTITION_AWARE']) {
    const types = ['MULTI_ROLE', ...capabilities] as const
    this.#client = new SchedulerClient({
      masters: [master],
      frameworkInfo: () => ({
        name: 'tests',
        user: 'root',
        roles: [role],
        checkpoint: true,
        failover_timeout: 60,
        capabilities: types.map((type) => ({ type })),
      }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: () => undefined,
    })
    this.#client.start()
  }

  launch(tasks: Readonly<Record<string, string>>): void {
    this.#queue.push(...Object.entries(tasks).map(([id, command]) => ({ id, command })))
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
    const task_infos = this.#queue.splice(0).map(({ id, command }) => taskOf(offer, id, command))
    const operations = task_infos.length === 0 ? [] : [{ type: 'LAUNCH' as const, launch: { task_infos } }]
    const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0.5 } }
    this.#client.call({ type: 'ACCEPT', accept }).catch(() => undefined)
  }
}

function taskOf(offer: mesos.Offer, id: string, command: string): mesos.TaskInfo {
  const scalar = (name: string, value: number): mesos.Resource => ({
    name,
    type: 'SCALAR',
    scalar: { value },
    allocation_info: { role },
  })
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [scalar('cpus', 0.01), scalar('mem', 8)],
    command: { shell: true, value: command },
  }
}
