import type { AgentInput, Driver, ExecutorClaims, ExecutorReply } from '@thermosphere/agent-core'
import { encodeJson, encodeProtobuf, encodeRecord } from '@thermosphere/protocol'
import type { executor } from '@thermosphere/protocol'
import { StreamWriter } from '@thermosphere/service-kit'
import type { ServerResponse } from 'node:http'
import { LIMITS } from '../../limits.ts'

export type Encoding = 'application/json' | 'application/x-protobuf'

/** A call with what its sender's token says, where executors have to show one. */
export type ExecutorRequest = {
  readonly call: executor.Call
  readonly claims: ExecutorClaims | undefined
  /** Of a call that a driver's message stands for. */
  readonly driverPid?: string
}

/** Where an executor hears of events. */
export type EventSink = { send(event: executor.Event): void; close(): void }

type Waiting = { readonly resolve: (reply: ExecutorReply) => void }

/** Requests of executors that wait for the core's answer, and where those that subscribed hear of events. */
export class ExecutorConnections {
  readonly #submit: (input: AgentInput) => void
  readonly #waiting = new Map<number, Waiting>()
  readonly #sinks = new Map<number, EventSink>()
  #nextId = 1

  constructor(submit: (input: AgentInput) => void) {
    this.#submit = submit
  }

  /** Any call but SUBSCRIBE. */
  call(request: ExecutorRequest): Promise<ExecutorReply> {
    const { requestId, reply } = this.#expect()
    this.#submit({ type: 'executor-call', requestId, ...request })
    return reply
  }

  /** SUBSCRIBE: an accepted one keeps `response` as its event stream. */
  async subscribe(request: ExecutorRequest, response: ServerResponse, encoding: Encoding): Promise<ExecutorReply> {
    const connectionId = this.#nextId++
    response.on('close', () => this.gone(connectionId))
    return await this.#open(connectionId, request, new EventStream(response, encoding))
  }

  /** A driver's registration, which stands for SUBSCRIBE: an accepted one keeps the sink. */
  async register(
    request: ExecutorRequest & { readonly driver: Driver },
    sinkOf: (connectionId: number) => EventSink,
  ): Promise<ExecutorReply> {
    const connectionId = this.#nextId++
    return await this.#open(connectionId, request, sinkOf(connectionId))
  }

  /** Nobody hears what is sent there. */
  gone(connectionId: number): void {
    if (this.#sinks.delete(connectionId)) this.#submit({ type: 'executor-gone', connectionId })
  }

  reply(requestId: number, reply: ExecutorReply): void {
    const waiting = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    waiting?.resolve(reply)
  }

  send(connectionId: number, event: executor.Event): void {
    this.#sinks.get(connectionId)?.send(event)
  }

  end(connectionId: number): void {
    const sink = this.#sinks.get(connectionId)
    this.#sinks.delete(connectionId)
    sink?.close()
  }

  close(): void {
    for (const connectionId of [...this.#sinks.keys()]) this.end(connectionId)
  }

  async #open(
    connectionId: number,
    request: ExecutorRequest & { readonly driver?: Driver },
    sink: EventSink,
  ): Promise<ExecutorReply> {
    const { requestId, reply } = this.#expect()
    this.#sinks.set(connectionId, sink)
    this.#submit({ type: 'executor-subscribe', requestId, connectionId, ...request })
    const answer = await reply
    if (answer.status !== 200) this.#sinks.delete(connectionId)
    return answer
  }

  #expect(): { requestId: number; reply: Promise<ExecutorReply> } {
    const requestId = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<ExecutorReply>()
    this.#waiting.set(requestId, { resolve })
    return { requestId, reply: promise }
  }
}

/** The response to SUBSCRIBE; it is no stream before there is an event. */
class EventStream implements EventSink {
  readonly #response: ServerResponse
  readonly #encoding: Encoding
  #writer: StreamWriter | undefined

  constructor(response: ServerResponse, encoding: Encoding) {
    this.#response = response
    this.#encoding = encoding
  }

  send(event: executor.Event): void {
    this.#writer ??= new StreamWriter(this.#response, {
      chunkPerWrite: true,
      contentType: this.#encoding,
      bufferBytesMax: LIMITS.executorStreamBufferBytesMax,
      heartbeat: () => encodeEvent({ type: 'HEARTBEAT' }, this.#encoding),
      heartbeatMs: LIMITS.executorHeartbeatMs,
    })
    this.#writer.write(encodeEvent(event, this.#encoding))
  }

  close(): void {
    this.#writer?.close()
  }
}

function encodeEvent(event: executor.Event, encoding: Encoding): Uint8Array {
  const name = 'mesos.v1.executor.Event'
  return encodeRecord(encoding === 'application/json' ? encodeJson(name, event) : encodeProtobuf(name, event))
}
