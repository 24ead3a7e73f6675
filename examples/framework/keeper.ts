/** A framework in its smallest form: it keeps a number of equal tasks running, and replaces those that are lost. */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { CallError, SchedulerClient } from '@thermosphere/protocol/node'

export type KeeperOptions = {
  /** `host:port` each. */
  readonly masters: readonly string[]
  readonly command: string
  readonly count: number
}

const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })
const needs = [scalar('cpus', 0.1), scalar('mem', 32)]

/** A call that got lost is made good after the next subscription: updates and offers come again. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof CallError)) throw error
}

/** States in which a task may still come to run or runs. */
const alive = new Set(['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING'])

export class Keeper {
  /** The last state of every task, by its id. */
  readonly states = new Map<string, string>()
  readonly #options: KeeperOptions
  readonly #client: SchedulerClient
  #lastId = 0

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#client = new SchedulerClient({
      masters: options.masters,
      frameworkInfo: () => ({
        user: '',
        name: 'keeper',
        roles: ['*'],
        checkpoint: true,
        failover_timeout: 3600,
        capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
      }),
      onEvent: (event) => void this.#onEvent(event).catch(ignoreLost),
      onFatal: (message) => {
        throw new Error(message)
      },
    })
  }

  start(): void {
    this.#client.start()
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  isConnected(): boolean {
    return this.#client.isConnected()
  }

  idsIn(state: string): string[] {
    return [...this.states].filter(([, one]) => one === state).map(([id]) => id)
  }

  async #onEvent({ type, offers, update }: scheduler.Event): Promise<void> {
    if (type === 'OFFERS') for (const offer of offers?.offers ?? []) await this.#answer(offer)
    if (type !== 'UPDATE' || update === undefined) return
    const { status } = update
    this.states.set(status.task_id.value, status.state)
    await this.#client.acknowledge(status)
    // What was declined before is wanted now.
    if (!alive.has(status.state)) await this.#client.call({ type: 'REVIVE' })
  }

  /** One task an offer, so that tasks spread over the agents. */
  async #answer(offer: mesos.Offer): Promise<void> {
    const count = [...this.states.values()].filter((state) => alive.has(state)).length
    if (count >= this.#options.count) {
      return this.#client.call({
        type: 'DECLINE',
        decline: { offer_ids: [offer.id], filters: { refuse_seconds: 600 } },
      })
    }
    const task_id = { value: `keeper-${++this.#lastId}` }
    this.states.set(task_id.value, 'TASK_STAGING')
    const command = { value: this.#options.command }
    const task: mesos.TaskInfo = { name: 'kept', task_id, agent_id: offer.agent_id, resources: needs, command }
    const operations: mesos.Offer_Operation[] = [{ type: 'LAUNCH', launch: { task_infos: [task] } }]
    try {
      const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } }
      await this.#client.call({ type: 'ACCEPT', accept })
    } catch (error) {
      this.states.delete(task_id.value)
      throw error
    }
  }
}
