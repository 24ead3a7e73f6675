/** Makes status updates durable in batches: one write at a time, and the next one grows meanwhile. */
import type { mesos } from '@thermosphere/protocol'
import type { Store } from '@thermosphere/store'

export type UpdateKeeperOptions = {
  readonly store: Store
  onKept(status: mesos.TaskStatus): void
  onFatal(error: unknown): void
}

const batchMax = 4_096

export class UpdateKeeper {
  readonly #options: UpdateKeeperOptions
  #waiting: mesos.TaskStatus[] = []
  #writing: Promise<void> | undefined

  constructor(options: UpdateKeeperOptions) {
    this.#options = options
  }

  keep(status: mesos.TaskStatus): void {
    this.#waiting.push(status)
    this.#writing ??= this.#write()
  }

  async settled(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    const { store, onKept, onFatal } = this.#options
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, batchMax)
        const latest = new Map(batch.map(({ task_id, state }) => [`fleet/tasks/${task_id.value}`, state]))
        const operations = [...latest].map(([key, state]) => {
          return { type: 'put', key, value: JSON.stringify({ version: 1, state }) } as const
        })
        await store.transact({ operations })
        for (const status of batch) onKept(status)
      }
    } catch (error) {
      onFatal(error)
    } finally {
      this.#writing = undefined
    }
  }
}
