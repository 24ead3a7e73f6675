/** What the agent may not have taken over yet: an executor repeats it with each subscription. */
import type * as executor from '../wire/executor.gen.ts'
import type * as mesos from '../wire/mesos.gen.ts'

const uuidText = (uuid: Uint8Array): string => Buffer.from(uuid).toString('hex')

export class Unacknowledged {
  readonly #tasks = new Map<string, mesos.TaskInfo>()
  readonly #updates = new Map<string, executor.Call_Update>()

  observe(event: executor.Event): void {
    const { launch, launch_group: group, acknowledged } = event
    if (launch !== undefined) this.#addTask(launch.task)
    for (const task of group?.task_group.tasks ?? []) this.#addTask(task)
    if (acknowledged === undefined) return
    this.#updates.delete(uuidText(acknowledged.uuid))
    this.#tasks.delete(acknowledged.task_id.value)
  }

  get updateCount(): number {
    return this.#updates.size
  }

  addUpdate(uuid: Uint8Array, update: executor.Call_Update): void {
    this.#updates.set(uuidText(uuid), update)
  }

  /** Those that a subscription did not tell. */
  updatesBeyond({ unacknowledged_updates: told = [] }: executor.Call_Subscribe): executor.Call_Update[] {
    return [...this.#updates.values()].filter((update) => !told.includes(update))
  }

  #addTask(task: mesos.TaskInfo): void {
    this.#tasks.set(task.task_id.value, task)
  }

  subscribe(): executor.Call_Subscribe {
    return {
      unacknowledged_tasks: [...this.#tasks.values()],
      unacknowledged_updates: [...this.#updates.values()],
    }
  }
}
