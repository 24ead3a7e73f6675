import type { AgentConfig, ExecutorReply } from '@thermosphere/agent-core'
import { encodeProtobuf } from '@thermosphere/protocol'
import type { executor } from '@thermosphere/protocol'
import { formatProcessId, Messenger, parseProcessId } from '@thermosphere/protocol/node'
import type { ProcessId } from '@thermosphere/protocol/node'
import type { Background, Logger } from '@thermosphere/service-kit'
import { encodeDriverEvent } from './driver-events.ts'
import type { Addressee } from './driver-events.ts'
import type { EventSink, ExecutorConnections } from './executor-connections.ts'
import { Refusals } from './refusals.ts'

export type DriversOptions = {
  /** Where executors of this machine reach the agent. */
  readonly config: Pick<AgentConfig, 'ip' | 'port'>
  readonly connections: ExecutorConnections
  readonly background: Background
  readonly log: Logger
}

/** Which message came from where. */
export type Sender = { readonly process: ProcessId; readonly message: string }

/** What it stands for; a registration `isReturning` when the agent asked for it. */
export type DriverCall = { readonly call: executor.Call; readonly isReturning: boolean }

/**
 * Executors of the v0 protocol. Their driver is a process of libprocess, and so is the agent: each sends messages to
 * the other's address, and nobody answers. The core knows what they say as calls, and what it says to them as events.
 */
export class Drivers {
  readonly #options: DriversOptions
  readonly #messenger: Messenger
  readonly #refusals: Refusals
  /** The connections of drivers whose end is noticed, by their process. */
  readonly #linked = new Map<string, number>()

  constructor(options: DriversOptions) {
    this.#options = options
    this.#refusals = new Refusals(options.log)
    const { ip: host, port } = options.config
    this.#messenger = new Messenger({
      self: { id: 'slave(1)', host, port },
      onExited: (process, reason) => this.#onExited(process, reason),
    })
  }

  receive(sender: Sender, received: DriverCall): void {
    this.#options.background.run('executor-message', this.#take(sender, received))
  }

  /** Asks a driver that is not connected whether it is still there. */
  reconnect(driverPid: string, agentId: string): void {
    const process = parseProcessId(driverPid)
    const name = 'mesos.internal.ReconnectExecutorMessage'
    if (process) this.#messenger.send(process, name, encodeProtobuf(name, { slave_id: { value: agentId } }))
  }

  /** An executor that has no place here is told to end. */
  turnAway(sender: Sender, { call, isReturning }: DriverCall, reason: string): void {
    this.refuse(sender, reason)
    if (call.type !== 'SUBSCRIBE') return
    this.#sinkOf(sender.process, addresseeOf(call, isReturning), 0).send({ type: 'SHUTDOWN' })
  }

  /** Nobody waits for an answer: what is wrong is told in the log. */
  refuse({ process, message }: Sender, reason: string): void {
    this.#refusals.tell({ from: formatProcessId(process), message, reason })
  }

  close(): void {
    this.#messenger.close()
  }

  async #take(sender: Sender, received: DriverCall): Promise<void> {
    const { call } = received
    const driverPid = formatProcessId(sender.process)
    const reply =
      call.type === 'SUBSCRIBE'
        ? await this.#register(sender.process, received)
        : await this.#options.connections.call({ call, claims: undefined, driverPid })
    if (reply.status >= 400) this.turnAway(sender, received, reply.message ?? `${reply.status}`)
  }

  async #register(process: ProcessId, { call, isReturning }: DriverCall): Promise<ExecutorReply> {
    const driver = { pid: formatProcessId(process), isReturning }
    const addressee = addresseeOf(call, isReturning)
    return await this.#options.connections.register({ call, claims: undefined, driver }, (connectionId) =>
      this.#sinkOf(process, addressee, connectionId),
    )
  }

  #sinkOf(process: ProcessId, to: Omit<Addressee, 'subscribed'>, connectionId: number): EventSink {
    const pid = formatProcessId(process)
    let subscribed: executor.Event_Subscribed | undefined
    return {
      send: (event) => {
        if (event.subscribed) {
          subscribed = event.subscribed
          this.#linked.set(pid, connectionId)
          this.#messenger.link(process)
        }
        const message = encodeDriverEvent(event, { ...to, subscribed })
        if (message) this.#messenger.send(process, message.name, message.body)
      },
      close: () => {
        // The same process may have another connection by now.
        if (this.#linked.get(pid) !== connectionId) return
        this.#linked.delete(pid)
        this.#messenger.unlink(process)
      },
    }
  }

  #onExited(process: ProcessId, reason: string): void {
    const pid = formatProcessId(process)
    const connectionId = this.#linked.get(pid)
    this.#linked.delete(pid)
    this.#options.log.info({ driver: pid, reason }, 'executor.disconnected')
    if (connectionId !== undefined) this.#options.connections.gone(connectionId)
  }
}

const addresseeOf = ({ framework_id, executor_id }: executor.Call, isReturning: boolean) => ({
  frameworkId: framework_id,
  executorId: executor_id,
  isReturning,
})
