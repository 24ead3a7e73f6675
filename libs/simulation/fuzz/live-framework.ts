/** The framework, and its executor, that live on the servers while others attack these. */
import { decodeJson, encodeJson } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { ExecutorClient, openEventStream, parseExecutorSettings } from '@thermosphere/protocol/node'
import type { EventStream } from '@thermosphere/protocol/node'
import { eventually } from '@thermosphere/test-kit'

type Urls = { readonly master: string; readonly agent: string }

const schedulerPath = '/api/v1/scheduler'
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
const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }

export class LiveFramework {
  readonly executorId = executorId
  readonly taskIds = [commandTaskId, executorTaskId]
  readonly role = role
  frameworkId = ''
  agentId = ''
  streamId = ''
  /** Why one of the two is not subscribed any more. */
  ended: string | undefined
  readonly #urls: Urls
  readonly #running = new Set<string>()
  readonly #scheduler: EventStream
  #executor: ExecutorClient | undefined

  private constructor(urls: Urls) {
    this.#urls = urls
    const subscribe: scheduler.Call = { type: 'SUBSCRIBE', subscribe: { framework_info: info } }
    // A scheduler client would subscribe again, and keeps the id of the stream, which attacks need, to itself.
    this.#scheduler = openEventStream<scheduler.Event>({
      endpoint: { url: new URL(schedulerPath, urls.master) },
      headers,
      body: Buffer.from(encodeJson('mesos.v1.scheduler.Call', subscribe)),
      decode: (record) => decodeJson('mesos.v1.scheduler.Event', record),
      onOpen: (answered) => (this.streamId = String(answered['mesos-stream-id'] ?? '')),
      onEvent: (event) => this.#onEvent(event),
    })
    void this.#scheduler.outcome.then((outcome) => {
      this.ended ??= `the framework's stream: ${JSON.stringify(outcome)}`
    })
  }

  static async start(urls: Urls): Promise<LiveFramework> {
    const live = new LiveFramework(urls)
    await eventually('the framework has an agent', () => live.agentId !== '')
    await live.#attachExecutor()
    await eventually('both tasks run', () => live.#running.size === 2)
    await live.#call({ type: 'SUPPRESS' })
    return live
  }

  async close(): Promise<void> {
    this.#scheduler.close('closed')
    await this.#executor?.close()
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
    const client = new ExecutorClient({
      settings: parseExecutorSettings({
        MESOS_FRAMEWORK_ID: this.frameworkId,
        MESOS_EXECUTOR_ID: executorId,
        MESOS_AGENT_ENDPOINT: new URL(this.#urls.agent).host,
      }),
      onEvent: ({ launch }) => {
        if (launch !== undefined) client.update({ task_id: launch.task.task_id, state: 'TASK_RUNNING' })
      },
      onDisconnected: (reason) => (this.ended ??= `the executor's stream ended: ${reason}`),
      onShutdown: (reason) => (this.ended ??= `the executor was shut down: ${reason}`),
    })
    client.start()
    this.#executor = client
  }

  async #call(call: scheduler.Call): Promise<void> {
    const answer = await fetch(new URL(schedulerPath, this.#urls.master), {
      method: 'POST',
      headers: { ...headers, 'Mesos-Stream-Id': this.streamId },
      body: encodeJson('mesos.v1.scheduler.Call', { framework_id: { value: this.frameworkId }, ...call }),
    })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  }
}
