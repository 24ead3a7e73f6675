import type { AgentInput, ExecutorClaims, ExecutorReply } from '@thermosphere/agent-core'
import { encodeJson, encodeProtobuf, encodeRecord } from '@thermosphere/protocol'
import type { executor } from '@thermosphere/protocol'
import { StreamWriter } from '@thermosphere/service-kit'
import type { ServerResponse } from 'node:http'
import { LIMITS } from '../../limits.ts'

export type Encoding = 'application/json' | 'application/x-protobuf'

/** A call with what its sender's token says, where executors have to show one. */
export type ExecutorRequest = { readonly call: executor.Call; readonly claims: ExecutorClaims | undefined }

type Waiting = { readonly resolve: (reply: ExecutorReply) => void }
type Connection = { readonly response: ServerResponse; readonly encoding: Encoding; writer: StreamWriter | undefined }

/** Requests of executors that wait for the core's answer, and the event streams of those that subscribed. */
export class ExecutorConnections {
  readonly #submit: (input: AgentInput) => void
  readonly #waiting = new Map<number, Waiting>()
  readonly #connections = new Map<number, Connection>()
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
    const { requestId, reply } = this.#expect()
    const connectionId = this.#nextId++
    this.#connections.set(connectionId, { response, encoding, writer: undefined })
    response.on('close', () => {
      if (this.#connections.delete(connectionId)) this.#submit({ type: 'executor-gone', connectionId })
    })
    this.#submit({ type: 'executor-subscribe', requestId, connectionId, ...request })
    const answer = await reply
    if (answer.status !== 200) this.#connections.delete(connectionId)
    return answer
  }

  reply(requestId: number, reply: ExecutorReply): void {
    const waiting = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    waiting?.resolve(reply)
  }

  send(connectionId: number, event: executor.Event): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    connection.writer ??= openStream(connection)
    connection.writer.write(encodeEvent(event, connection.encoding))
  }

  end(connectionId: number): void {
    const connection = this.#connections.get(connectionId)
    this.#connections.delete(connectionId)
    connection?.writer?.close()
  }

  close(): void {
    for (const connectionId of [...this.#connections.keys()]) this.end(connectionId)
  }

  #expect(): { requestId: number; reply: Promise<ExecutorReply> } {
    const requestId = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<ExecutorReply>()
    this.#waiting.set(requestId, { resolve })
    return { requestId, reply: promise }
  }
}

function openStream({ response, encoding }: Connection): StreamWriter {
  return new StreamWriter(response, {
    chunkPerWrite: true,
    contentType: encoding,
    bufferBytesMax: LIMITS.executorStreamBufferBytesMax,
    heartbeat: () => encodeEvent({ type: 'HEARTBEAT' }, encoding),
    heartbeatMs: LIMITS.executorHeartbeatMs,
  })
}

function encodeEvent(event: executor.Event, encoding: Encoding): Uint8Array {
  const name = 'mesos.v1.executor.Event'
  return encodeRecord(encoding === 'application/json' ? encodeJson(name, event) : encodeProtobuf(name, event))
}
