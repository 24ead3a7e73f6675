/** A master of the agent link, driven by tests: it registers agents and shows what they say. */
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink, mesos } from '@thermosphere/protocol'

type Stream = ServerDuplexStream<agentLink.AgentMessage, agentLink.MasterMessage>

/** A machine with much else to do takes more than 15 s to start an agent. */
const patienceMs = 60_000

export class FakeMaster {
  readonly messages: agentLink.AgentMessage[] = []
  readonly #server = new Server()
  #stream: Stream | undefined
  #waiters: (() => void)[] = []
  port = 0
  autoAcknowledge = true
  agentId = 'b9b4a4ff-6f2e-4d0e-9c6a-000000000000-S0'
  /** Of the next re-registration. */
  reconcileTasks: agentLink.MasterMessage_TaskRef[] = []

  async start(port = 0): Promise<void> {
    this.#server.addService(
      {
        Connect: {
          path: '/thermosphere.agentlink.v1.AgentLink/Connect',
          requestStream: true,
          responseStream: true,
          requestDeserialize: (bytes: Buffer) => decodeProtobuf('thermosphere.agentlink.v1.AgentMessage', bytes),
          requestSerialize: () => Buffer.alloc(0),
          responseSerialize: (message: agentLink.MasterMessage) =>
            Buffer.from(encodeProtobuf('thermosphere.agentlink.v1.MasterMessage', message)),
          responseDeserialize: () => ({}),
        },
      },
      { Connect: (stream: Stream) => this.#onStream(stream) },
    )
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
    this.port = await promise
  }

  send(message: agentLink.MasterMessage): void {
    this.#stream?.write(message)
  }

  /** Breaks the stream as a lost master would. */
  hangUp(): void {
    this.#stream?.end()
  }

  close(): void {
    this.#server.forceShutdown()
  }

  statuses(taskId: string): mesos.TaskStatus[] {
    return this.messages.flatMap(({ status_update: update }) =>
      update !== undefined && update.status.task_id.value === taskId ? [update.status] : [],
    )
  }

  states(taskId: string): string[] {
    return this.statuses(taskId).map((status) => status.state)
  }

  /** Resolves with the first value that `find` gives; looks again whenever the agent says something. */
  async wait<T>(find: (master: FakeMaster) => T | undefined | false, ms = patienceMs): Promise<T> {
    const deadline = Date.now() + ms
    for (;;) {
      const found = find(this)
      if (found !== undefined && found !== false) return found
      if (Date.now() > deadline) throw new Error(`nothing came of it in ${ms} ms: ${JSON.stringify(this.#summary())}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiters.push(resolve)
      const timer = setTimeout(resolve, 50)
      await promise
      clearTimeout(timer)
    }
  }

  async state(taskId: string, state: string): Promise<mesos.TaskStatus> {
    return await this.wait(() => this.statuses(taskId).find((status) => status.state === state))
  }

  #summary(): string[] {
    return this.messages.map((message) => `${message.type} ${message.status_update?.status.state ?? ''}`)
  }

  #onStream(stream: Stream): void {
    this.#stream = stream
    stream.sendMetadata(new Metadata())
    stream.on('error', () => undefined)
    stream.on('data', (message: agentLink.AgentMessage) => this.#onMessage(stream, message))
    stream.on('end', () => stream.end())
  }

  #onMessage(stream: Stream, message: agentLink.AgentMessage): void {
    this.messages.push(message)
    const id = { agent_id: { value: this.agentId }, total_ping_timeout_ms: 75_000 }
    if (message.type === 'REGISTER') stream.write({ type: 'REGISTERED', registered: id })
    if (message.type === 'REREGISTER') {
      stream.write({ type: 'REREGISTERED', reregistered: { ...id, reconcile_tasks: this.reconcileTasks } })
    }
    if (message.status_update !== undefined && this.autoAcknowledge) this.acknowledge(message.status_update)
    for (const wake of this.#waiters.splice(0)) wake()
  }

  acknowledge({ framework_id, status }: agentLink.AgentMessage_StatusUpdate): void {
    if (status.uuid === undefined) return
    this.send({
      type: 'STATUS_UPDATE_ACK',
      status_update_ack: { framework_id, task_id: status.task_id, uuid: status.uuid },
    })
  }
}
