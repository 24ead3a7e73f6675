/** A small master (or agent) that speaks the real protocol over a real socket, scripted by a test. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeAs, encodeAs } from '../../codec.ts'
import type { MediaType, WireName } from '../../codec.ts'
import { encodeRecord } from '../../record-io.ts'
import type { WireTypes } from '../../wire/wire-types.gen.ts'

/** A subscription as the fake server holds it. */
export type FakeSubscription<Call, Event> = {
  readonly call: Call
  readonly headers: http.IncomingHttpHeaders
  readonly send: (event: Event) => void
  /** Bytes as they are, in any cut. */
  readonly sendRaw: (bytes: Uint8Array) => void
  readonly end: () => void
  /** As a crash does. */
  readonly destroy: () => void
}

export type FakeCall<Call> = {
  readonly call: Call
  readonly headers: http.IncomingHttpHeaders
  readonly socketId: number
}

type Answer = { readonly status: number; readonly text?: string; readonly headers?: Record<string, string> }

export type FakeServerOptions<CallName extends WireName, EventName extends WireName> = {
  readonly callName: CallName
  readonly eventName: EventName
  readonly port?: number
  readonly socketPath?: string
  /** Answers instead of opening a stream or of 202. */
  readonly refuse?: (call: WireTypes[CallName], request: http.IncomingMessage) => Answer | undefined
  readonly onSubscribe?: (subscription: FakeSubscription<WireTypes[CallName], WireTypes[EventName]>) => void
}

export type FakeServer<Call, Event> = {
  readonly address: string
  readonly subscriptions: FakeSubscription<Call, Event>[]
  readonly calls: FakeCall<Call>[]
  /** As an idle timeout of the server does. */
  dropIdleConnections(): void
  close(): Promise<void>
}

async function readBody(request: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function startFakeServer<CallName extends WireName, EventName extends WireName>(
  options: FakeServerOptions<CallName, EventName>,
): Promise<FakeServer<WireTypes[CallName], WireTypes[EventName]>> {
  type Subscription = FakeSubscription<WireTypes[CallName], WireTypes[EventName]>
  const subscriptions: Subscription[] = []
  const calls: FakeCall<WireTypes[CallName]>[] = []
  const sockets = new Map<unknown, number>()

  const openStream = (call: WireTypes[CallName], request: http.IncomingMessage, response: http.ServerResponse) => {
    const mediaType: MediaType =
      request.headers.accept === 'application/json' ? request.headers.accept : 'application/x-protobuf'
    response.writeHead(200, { 'Content-Type': mediaType, 'Mesos-Stream-Id': `stream-${subscriptions.length + 1}` })
    response.flushHeaders()
    const subscription: Subscription = {
      call,
      headers: request.headers,
      send: (event) => response.write(encodeRecord(encodeAs(mediaType, options.eventName, event))),
      sendRaw: (bytes) => response.write(bytes),
      end: () => response.end(),
      destroy: () => request.socket.destroy(),
    }
    subscriptions.push(subscription)
    options.onSubscribe?.(subscription)
  }

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const mediaType: MediaType =
      request.headers['content-type'] === 'application/json' ? 'application/json' : 'application/x-protobuf'
    const call = decodeAs(mediaType, options.callName, await readBody(request))
    const refused = options.refuse?.(call, request)
    const isSubscribe = 'type' in call && call.type === 'SUBSCRIBE'
    if (!isSubscribe) {
      const socketId = sockets.get(request.socket) ?? sockets.size
      sockets.set(request.socket, socketId)
      calls.push({ call, headers: request.headers, socketId })
    }
    if (refused !== undefined) response.writeHead(refused.status, refused.headers).end(refused.text ?? '')
    else if (isSubscribe) openStream(call, request, response)
    else response.writeHead(202, { 'Content-Length': '0' }).end()
  }
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.listen(
    options.socketPath === undefined ? { port: options.port ?? 0, host: '127.0.0.1' } : { path: options.socketPath },
  )
  await once(server, 'listening')
  const bound = server.address() as AddressInfo | string
  return {
    address: typeof bound === 'string' ? 'localhost' : `127.0.0.1:${bound.port}`,
    subscriptions,
    calls,
    dropIdleConnections: () => server.closeIdleConnections(),
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

/** Waits for the first value of `probe` that is neither undefined nor false, and fails when there never is one. */
export async function eventually<T>(about: string, probe: () => T | undefined | false, timeoutMs = 5000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = probe()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`never came true: ${about}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
