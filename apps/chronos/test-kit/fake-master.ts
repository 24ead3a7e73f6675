/** A master that speaks the v1 scheduler API over a real socket. It and its tasks outlive restarts of the framework. */
import { decodeJson, encodeJson, encodeRecord } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

const agentId = { value: 'agent-S0' }

export type FakeMasterOptions = {
  /** What a launched task does by itself. */
  readonly outcome?: (task: mesos.TaskInfo) => readonly mesos.TaskState[]
  readonly cpus?: number
  readonly attributes?: mesos.Attribute[]
}

/** A master that has removed a framework refuses its id for ever. */
const removedMessage = 'Framework has been removed'

export class FakeMaster {
  readonly calls: scheduler.Call[] = []
  /** Every task that ever reached the agent, also twice. */
  readonly launches: mesos.TaskInfo[] = []
  readonly alive = new Map<string, mesos.TaskState>()
  /** ACCEPTs are lost as with a broken connection. */
  losesAccepts = false
  frameworkCount = 0
  isSuppressed = false
  readonly #options: FakeMasterOptions
  readonly #server = createServer((request, response) => void this.#handle(request, response))
  readonly #unacknowledged = new Map<string, mesos.TaskStatus>()
  readonly #removed = new Set<string>()
  #frameworkId = ''
  #stream: ServerResponse | undefined
  #streamId = ''

  constructor(options: FakeMasterOptions = {}) {
    this.#options = options
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  async close(): Promise<void> {
    this.#stream?.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get isSubscribed(): boolean {
    return this.#stream !== undefined
  }

  get taskIds(): string[] {
    return this.launches.map((task) => task.task_id.value)
  }

  /** Breaks the subscription. */
  drop(): void {
    this.#stream?.destroy()
  }

  removeFramework(): void {
    this.#removed.add(this.#frameworkId)
    this.alive.clear()
    this.#unacknowledged.clear()
    this.drop()
  }

  /** A reliable update: it comes again with each subscription until it is acknowledged. */
  tell(taskId: string, state: mesos.TaskState, extra: Partial<mesos.TaskStatus> = {}): void {
    const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
    const status: mesos.TaskStatus = { task_id: { value: taskId }, state, agent_id: agentId, uuid, ...extra }
    if (state === 'TASK_RUNNING' || state === 'TASK_STARTING') this.alive.set(taskId, state)
    else this.alive.delete(taskId)
    this.#unacknowledged.set(uuid.toString('hex'), status)
    this.#send({ type: 'UPDATE', update: { status } })
  }

  offer(): void {
    if (this.isSuppressed) return
    const scalar = (name: string, value: number): mesos.Resource => ({
      name,
      type: 'SCALAR',
      scalar: { value },
      allocation_info: { role: '*' },
    })
    const offer: mesos.Offer = {
      id: { value: randomUUID() },
      framework_id: { value: this.#frameworkId },
      agent_id: agentId,
      hostname: 'agent-0',
      allocation_info: { role: '*' },
      resources: [scalar('cpus', this.#options.cpus ?? 1000), scalar('mem', 4_000_000), scalar('disk', 8_000_000)],
      attributes: this.#options.attributes ?? [],
    }
    this.#send({ type: 'OFFERS', offers: { offers: [offer] } })
  }

  #send(event: scheduler.Event): void {
    this.#stream?.write(encodeRecord(encodeJson('mesos.v1.scheduler.Event', event)))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const call = decodeJson('mesos.v1.scheduler.Call', Buffer.concat(chunks).toString('utf8'))
    this.calls.push(call)
    if (call.type === 'SUBSCRIBE') return this.#subscribe(call, response)
    const isKnown = request.headers['mesos-stream-id'] === this.#streamId && this.#stream !== undefined
    response.writeHead(isKnown ? 202 : 403).end()
    if (isKnown) this.#answer(call)
  }

  #subscribe(call: scheduler.Call, response: ServerResponse): void {
    this.#streamId = randomUUID()
    this.#stream = response
    response.on('close', () => {
      if (this.#stream === response) this.#stream = undefined
    })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Mesos-Stream-Id': this.#streamId })
    const given = call.subscribe?.framework_info.id?.value
    if (given !== undefined && this.#removed.has(given)) {
      this.#send({ type: 'ERROR', error: { message: removedMessage } })
      return
    }
    this.#frameworkId = given ?? `framework-${++this.frameworkCount}`
    this.isSuppressed = false
    const subscribed = { framework_id: { value: this.#frameworkId }, heartbeat_interval_seconds: 15 }
    this.#send({ type: 'SUBSCRIBED', subscribed })
    for (const status of this.#unacknowledged.values()) this.#send({ type: 'UPDATE', update: { status } })
    this.offer()
  }

  #answer(call: scheduler.Call): void {
    if (call.type === 'SUPPRESS') this.isSuppressed = true
    if (call.type === 'REVIVE') this.isSuppressed = false
    if (call.acknowledge !== undefined) {
      this.#unacknowledged.delete(Buffer.from(call.acknowledge.uuid).toString('hex'))
    }
    if (!this.losesAccepts) this.#launch(call)
    const killed = call.kill?.task_id.value
    if (killed !== undefined && this.alive.has(killed)) this.tell(killed, 'TASK_KILLED')
    this.#reconcile(call)
    if (call.type === 'REVIVE' || call.type === 'ACCEPT') this.offer()
  }

  #launch(call: scheduler.Call): void {
    const operations = call.accept?.operations ?? []
    for (const task of operations.flatMap((operation) => operation.launch?.task_infos ?? [])) {
      this.launches.push(task)
      for (const state of this.#options.outcome?.(task) ?? ['TASK_RUNNING']) this.tell(task.task_id.value, state)
    }
  }

  #reconcile({ reconcile }: scheduler.Call): void {
    if (reconcile === undefined) return
    const asked = (reconcile.tasks ?? []).map(({ task_id }) => task_id.value)
    for (const taskId of asked.length > 0 ? asked : this.alive.keys()) {
      const status: mesos.TaskStatus = {
        task_id: { value: taskId },
        agent_id: agentId,
        state: this.alive.get(taskId) ?? 'TASK_GONE',
        reason: 'REASON_RECONCILIATION',
      }
      this.#send({ type: 'UPDATE', update: { status } })
    }
  }
}
