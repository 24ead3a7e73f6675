/**
 * Stands before a master or an agent: clients speak JSON to it, and it speaks protobuf to the server. Event streams are
 * re-encoded record by record. What a client sees must be the same as without it; what protobuf has no words for (a body
 * that is no call, other media types) goes through as it is.
 */
import {
  createRecordIoDecoder,
  decodeJson,
  decodeProtobuf,
  encodeJson,
  encodeProtobuf,
  encodeRecord,
  WireError,
} from '@thermosphere/protocol'
import type { WireName } from '@thermosphere/protocol'
import { buffer } from 'node:stream/consumers'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const protobuf = 'application/x-protobuf'
const json = 'application/json'
const recordBytesMax = 64 * 1024 * 1024

/** The messages of one endpoint. `streamed` are the calls that are answered with a stream of events. */
type Endpoint = {
  readonly call: 'mesos.v1.scheduler.Call' | 'mesos.v1.master.Call' | 'mesos.v1.agent.Call'
  readonly response: WireName
  readonly streamed: Readonly<Record<string, WireName>>
}

export type Side = 'master' | 'agent'

const endpoints: Readonly<Record<Side, Readonly<Record<string, Endpoint>>>> = {
  master: {
    '/api/v1/scheduler': {
      call: 'mesos.v1.scheduler.Call',
      response: 'mesos.v1.scheduler.Response',
      streamed: { SUBSCRIBE: 'mesos.v1.scheduler.Event' },
    },
    '/api/v1': {
      call: 'mesos.v1.master.Call',
      response: 'mesos.v1.master.Response',
      streamed: { SUBSCRIBE: 'mesos.v1.master.Event' },
    },
  },
  agent: {
    '/api/v1': {
      call: 'mesos.v1.agent.Call',
      response: 'mesos.v1.agent.Response',
      streamed: {
        LAUNCH_NESTED_CONTAINER_SESSION: 'mesos.v1.agent.ProcessIO',
        ATTACH_CONTAINER_OUTPUT: 'mesos.v1.agent.ProcessIO',
      },
    },
  },
}

/** A request as it goes on, and which message its answer is. */
type Passed = {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly answer?: WireName
}

/** Headers that the next connection has of its own; nothing is compressed there, for the door reads it. */
const ofConnection = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'accept-encoding']

const passedHeaders = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name)))

/** Both media types are JSON; sessions name that of their messages apart. */
function speaksJson({ 'content-type': type, accept, 'message-accept': message }: IncomingHttpHeaders): boolean {
  return type === json && (accept === json || (accept === 'application/recordio' && message === json))
}

export class ProtobufDoor {
  /** Calls that went on in protobuf, by their type. */
  readonly spoken = new Map<string, number>()
  readonly #server: Server
  readonly #target: string
  readonly #side: Side

  private constructor(side: Side, target: string) {
    this.#side = side
    this.#target = target
    this.#server = createServer((request, response) => {
      void this.#pass(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  static async open(side: Side, target: string): Promise<ProtobufDoor> {
    const door = new ProtobufDoor(side, target)
    door.#server.listen(0, '127.0.0.1')
    await once(door.#server, 'listening')
    return door
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, body, answer } = this.#translated(request, await buffer(request))
    const onward = httpRequest(this.#target + (request.url ?? ''), {
      method: request.method ?? 'GET',
      headers,
      agent: false,
    })
    response.on('close', () => onward.destroy())
    onward.end(body)
    const [reply] = (await once(onward, 'response')) as [IncomingMessage]
    await passAnswer(reply, response, answer)
  }

  #translated(request: IncomingMessage, body: Buffer): Passed {
    const headers = passedHeaders(request.headers)
    const endpoint = endpoints[this.#side][(request.url ?? '').split('?', 1)[0] ?? '']
    const call = endpoint && speaksJson(headers) ? callOf(endpoint, body) : undefined
    if (!endpoint || !call) return { headers, body }
    this.spoken.set(call.type, (this.spoken.get(call.type) ?? 0) + 1)
    const isSession = headers.accept !== json
    return {
      headers: {
        ...headers,
        'content-type': protobuf,
        ...(isSession ? { 'message-accept': protobuf } : { accept: protobuf }),
      },
      body: call.bytes,
      answer: endpoint.streamed[call.type] ?? endpoint.response,
    }
  }
}

/** The call of a JSON body in protobuf; undefined when the body is none. */
function callOf({ call }: Endpoint, body: Buffer): { readonly type: string; readonly bytes: Buffer } | undefined {
  try {
    const message = decodeJson(call, body)
    return { type: message.type ?? 'UNKNOWN', bytes: Buffer.from(encodeProtobuf(call, message)) }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

async function passAnswer(
  reply: IncomingMessage,
  response: ServerResponse,
  answer: WireName | undefined,
): Promise<void> {
  const { 'content-type': type = '', 'message-content-type': messageType } = reply.headers
  const headers = passedHeaders(reply.headers)
  const status = reply.statusCode ?? 502
  if (answer === undefined || status !== 200 || type.startsWith('text/')) return passBytes(reply, response, headers)
  const isSession = type === 'application/recordio' && messageType === protobuf
  if (type === '') return passBytes(reply, response, headers)
  if (!isSession && type !== protobuf) {
    response.writeHead(502, { 'content-type': 'text/plain' })
    response.end(`a protobuf call was answered with ${type}`)
    return
  }
  const jsonHeaders = { ...headers, ...(isSession ? { 'message-content-type': json } : { 'content-type': json }) }
  if (isStream(answer)) return passStream(reply, response, { headers: jsonHeaders, event: answer })
  const text = encodeJson(answer, decodeProtobuf(answer, await buffer(reply)))
  response.writeHead(status, { ...jsonHeaders, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const isStream = (name: WireName): boolean => /\.(Event|ProcessIO)$/.test(name)

async function passBytes(
  reply: IncomingMessage,
  response: ServerResponse,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const body = await buffer(reply)
  response.writeHead(reply.statusCode ?? 502, { ...headers, 'content-length': body.length })
  response.end(body)
}

type Stream = { readonly headers: IncomingHttpHeaders; readonly event: WireName }

async function passStream(reply: IncomingMessage, response: ServerResponse, { headers, event }: Stream): Promise<void> {
  response.writeHead(200, headers)
  response.flushHeaders()
  const records = createRecordIoDecoder(recordBytesMax)
  for await (const chunk of reply) {
    for (const record of records.push(chunk as Buffer))
      response.write(encodeRecord(encodeJson(event, decodeProtobuf(event, record))))
  }
  response.end()
}
