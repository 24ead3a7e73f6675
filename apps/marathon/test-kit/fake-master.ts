/** A master that speaks the v1 scheduler API over a real socket: one agent, tasks run at once and end when killed. */
import { decodeJson, encodeJson, encodeRecord } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const agent = { value: 'agent-1' }
const framework = { value: 'framework-1' }
const scalar = (name: string, value: number): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: '*' },
})

export class FakeMaster {
  readonly calls: scheduler.Call[] = []
  readonly tasks = new Map<string, mesos.TaskInfo>()
  readonly #server: Server
  #stream: ServerResponse | undefined
  #streamId = ''
  #nextPort = 31_000

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async close(): Promise<void> {
    this.#stream?.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Breaks the subscription as a dying master does. */
  drop(): void {
    this.#stream?.destroy()
  }

  send(event: scheduler.Event): void {
    this.#stream?.write(encodeRecord(encodeJson('mesos.v1.scheduler.Event', event)))
  }

  tell(taskId: string, state: mesos.TaskState, extra: Partial<mesos.TaskStatus> = {}): void {
    const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
    const status = { task_id: { value: taskId }, state, agent_id: agent, uuid, timestamp: Date.now() / 1000, ...extra }
    if (state !== 'TASK_RUNNING') this.tasks.delete(taskId)
    this.send({ type: 'UPDATE', update: { status } })
  }

  callTypes(): (string | undefined)[] {
    return this.calls.map(({ type }) => type)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const call = decodeJson('mesos.v1.scheduler.Call', Buffer.concat(chunks).toString('utf8'))
    this.calls.push(call)
    if (call.type === 'SUBSCRIBE') {
      this.#subscribe(response)
      return
    }
    const isKnown = request.headers['mesos-stream-id'] === this.#streamId
    response.writeHead(isKnown ? 202 : 400).end()
    if (isKnown) this.#answer(call)
  }

  #subscribe(response: ServerResponse): void {
    this.#streamId = randomUUID()
    this.#stream = response
    response.writeHead(200, { 'Content-Type': 'application/json', 'Mesos-Stream-Id': this.#streamId })
    const subscribed = { framework_id: framework, heartbeat_interval_seconds: 15 }
    this.send({ type: 'SUBSCRIBED', subscribed })
    this.#offer()
  }

  #answer(call: scheduler.Call): void {
    if (call.type === 'REVIVE') this.#offer()
    for (const operation of call.accept?.operations ?? [])
      for (const task of operation.launch?.task_infos ?? []) {
        this.tasks.set(task.task_id.value, task)
        this.tell(task.task_id.value, 'TASK_RUNNING')
      }
    if (call.type === 'ACCEPT') this.#offer()
    const killed = call.kill?.task_id.value
    if (killed !== undefined && this.tasks.has(killed)) this.tell(killed, 'TASK_KILLED')
    for (const { task_id } of call.reconcile?.tasks ?? [])
      this.send({
        type: 'UPDATE',
        update: {
          status: { task_id, agent_id: agent, state: this.tasks.has(task_id.value) ? 'TASK_RUNNING' : 'TASK_GONE' },
        },
      })
  }

  #offer(): void {
    this.#nextPort += 100
    const range = { begin: this.#nextPort, end: this.#nextPort + 99 }
    const ports: mesos.Resource = {
      name: 'ports',
      type: 'RANGES',
      ranges: { range: [range] },
      allocation_info: { role: '*' },
    }
    const offer: mesos.Offer = {
      id: { value: randomUUID() },
      framework_id: framework,
      agent_id: agent,
      hostname: '127.0.0.1',
      allocation_info: { role: '*' },
      resources: [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 4096), ports],
    }
    this.send({ type: 'OFFERS', offers: { offers: [offer] } })
  }
}
