/** The framework and the executor that live on the servers while others attack these. */
import { decodeJson, encodeJson } from '@thermosphere/protocol'
import type { executor, mesos, scheduler } from '@thermosphere/protocol'
import { eventually } from '@thermosphere/test-kit'
import { randomBytes } from 'node:crypto'
import { EventReader } from './event-reader.ts'

type Urls = { readonly master: string; readonly agent: string }

const executorId = 'lives'
const commandTaskId = 'command'
const executorTaskId = 'by-executor'
const role = 'lives'
const info: mesos.FrameworkInfo = {
  user: 'root',
  name: 'lives',
  roles: [role],
  failover_timeout: 3600,
  checkpoint: true,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
}

const scalar = (name: string, value: number): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role },
})

const resources = [scalar('cpus', 0.1), scalar('mem', 32)]
const command = { value: 'sleep 100000' }

export class Livelihood {
  readonly executorId = executorId
  readonly taskIds = [commandTaskId, executorTaskId]
  readonly role = role
  frameworkId = ''
  agentId = ''
  readonly #urls: Urls
  readonly #running = new Set<string>()
  readonly #scheduler: EventReader<scheduler.Event>
  #executor: EventReader<executor.Event> | undefined

  private constructor(urls: Urls) {
    this.#urls = urls
    this.#scheduler = new EventReader({
      url: `${urls.master}/api/v1/scheduler`,
      call: { type: 'SUBSCRIBE', subscribe: { framework_info: info } },
      decode: (record) => decodeJson('mesos.v1.scheduler.Event', record),
      onEvent: (event) => this.#onEvent(event),
    })
  }

  static async start(urls: Urls): Promise<Livelihood> {
    const live = new Livelihood(urls)
    await eventually('the framework has an agent', () => live.agentId !== '')
    await live.#attachExecutor()
    await eventually('both tasks run', () => live.#running.size === 2)
    await live.#call({ type: 'SUPPRESS' })
    return live
  }

  get streamId(): string {
    return this.#scheduler.streamId ?? ''
  }

  get ended(): string | undefined {
    const [scheduler, executor] = [this.#scheduler.ended, this.#executor?.ended]
    if (scheduler !== undefined) return `the framework's stream ended: ${scheduler}`
    return executor === undefined ? undefined : `the executor's stream ended: ${executor}`
  }

  close(): void {
    this.#scheduler.close()
    this.#executor?.close()
  }

  #onEvent({ subscribed, offers, update }: scheduler.Event): void {
    if (subscribed !== undefined) this.frameworkId = subscribed.framework_id.value
    const offer = offers?.offers?.[0]
    if (offer !== undefined && this.agentId === '') this.#launch(offer)
    if (update === undefined) return
    const { task_id, state, uuid, agent_id } = update.status
    if (state === 'TASK_RUNNING') this.#running.add(task_id.value)
    if (uuid !== undefined && agent_id !== undefined)
      void this.#call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
  }

  #launch(offer: mesos.Offer): void {
    this.agentId = offer.agent_id.value
    const { agent_id } = offer
    const framework_id = { value: this.frameworkId }
    const custom = { type: 'CUSTOM', executor_id: { value: executorId }, framework_id, command, resources } as const
    const task_infos: mesos.TaskInfo[] = [
      { name: 'command', task_id: { value: commandTaskId }, agent_id, resources, command },
      { name: 'by executor', task_id: { value: executorTaskId }, agent_id, resources, executor: custom },
    ]
    void this.#call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: 'LAUNCH', launch: { task_infos } }],
        filters: { refuse_seconds: 1e6 },
      },
    })
  }

  /** Speaks for the executor, whose process only sleeps. */
  async #attachExecutor(): Promise<void> {
    await eventually('the executor may subscribe', async () => {
      const state = await (await fetch(`${this.#urls.agent}/state`)).text()
      return state.includes(`"${executorTaskId}"`)
    })
    this.#executor = new EventReader({
      url: `${this.#urls.agent}/api/v1/executor`,
      call: { ...this.#executorIds(), type: 'SUBSCRIBE', subscribe: {} },
      decode: (record) => decodeJson('mesos.v1.executor.Event', record),
      onEvent: ({ launch }) => {
        if (launch !== undefined) void this.#updateRunning(launch.task.task_id)
      },
    })
  }

  #executorIds(): Pick<executor.Call, 'executor_id' | 'framework_id'> {
    return { executor_id: { value: executorId }, framework_id: { value: this.frameworkId } }
  }

  async #updateRunning(task_id: mesos.TaskID): Promise<void> {
    const uuid = new Uint8Array(randomBytes(16))
    const status: mesos.TaskStatus = { task_id, state: 'TASK_RUNNING', source: 'SOURCE_EXECUTOR', uuid }
    const call = { ...this.#executorIds(), type: 'UPDATE', update: { status } } as const
    await post(`${this.#urls.agent}/api/v1/executor`, encodeJson('mesos.v1.executor.Call', call))
  }

  async #call(call: scheduler.Call): Promise<void> {
    const whole = { framework_id: { value: this.frameworkId }, ...call }
    const headers = { 'Mesos-Stream-Id': this.streamId }
    await post(`${this.#urls.master}/api/v1/scheduler`, encodeJson('mesos.v1.scheduler.Call', whole), headers)
  }
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}
