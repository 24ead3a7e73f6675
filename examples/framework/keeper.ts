/** A framework in its smallest form: it keeps a number of equal tasks running, and replaces those that are lost. */
import { Framework } from '@thermosphere/sdk'
import type { Masters, mesos } from '@thermosphere/sdk'

export type KeeperOptions = {
  readonly masters: Masters
  readonly command: string
  readonly count: number
}

const resources = { cpus: 0.1, memMib: 32 }

/** States in which a task may still come to run or runs. */
const alive = new Set(['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING'])

export class Keeper {
  /** The last state of every task, by its id. */
  readonly states = new Map<string, string>()
  readonly #options: KeeperOptions
  readonly #framework: Framework

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#framework = new Framework({
      masters: options.masters,
      name: 'keeper',
      failoverTimeoutMs: 3_600_000,
      onUpdate: (status) => this.#onUpdate(status),
    })
  }

  /** Resolves when it is closed. */
  async run(): Promise<void> {
    await this.#framework.start()
    // One task an offer, so that tasks spread over the agents. What does not fit is declined by asking for the next.
    for await (const offer of this.#framework.offers()) {
      if (!this.#isShort()) this.#framework.suppress()
      else if (offer.fits(resources)) {
        const { command } = this.#options
        const tasks = await offer.launch([{ name: 'kept', command, resources }], { refuseMs: 0 })
        for (const { id, state } of tasks ?? []) this.states.set(id, state)
      }
    }
  }

  close(): Promise<void> {
    return this.#framework.close()
  }

  isConnected(): boolean {
    return this.#framework.isConnected
  }

  idsIn(state: string): string[] {
    return [...this.states].filter(([, one]) => one === state).map(([id]) => id)
  }

  #onUpdate({ task_id, state }: mesos.TaskStatus): void {
    this.states.set(task_id.value, state)
    if (this.#isShort()) this.#framework.revive()
  }

  #isShort(): boolean {
    return [...this.states.values()].filter((state) => alive.has(state)).length < this.#options.count
  }
}
