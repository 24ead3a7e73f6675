/**
 * The master's end of the agent link, gRPC on Node's own HTTP/2: one method, no compression, no deadlines. What a
 * library for gRPC does beyond that is most of what thousands of idle agents cost.
 */
import http2 from 'node:http2'
import type net from 'node:net'
import { encodeProtobuf } from '../../codec.ts'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { AGENT_LINK_PATH } from './client-link.ts'
import {
  LINK_BEGIN_SLICE_MS,
  LINK_CLOSE_MS,
  LINK_MESSAGE_BYTES_MAX,
  LINK_QUEUE_BYTES_MAX,
  LINK_SESSION_MEMORY_MB_MAX,
  LINK_STREAM_TIMEOUT_MS,
  LINK_STREAMS_MAX,
  LINK_WINDOW_BYTES,
} from './limits.ts'
import { frameMessage } from './message-frames.ts'
import { ReadTurns } from './read-turns.ts'
import { ServerLink } from './server-link.ts'

export type LinkLimits = { readonly messageBytesMax: number; readonly queueBytesMax: number }

export type LinkServerOptions = {
  /** Of the answer's headers. */
  readonly headers?: Readonly<Record<string, string>>
  readonly limits?: LinkLimits
  /** Whether what was heard waits to be dealt with: then nothing more is read. */
  readonly isBehind?: () => boolean
  onLink(link: ServerLink): void
}

const UNIMPLEMENTED = 12
const defaultLimits: LinkLimits = {
  messageBytesMax: LINK_MESSAGE_BYTES_MAX,
  queueBytesMax: LINK_QUEUE_BYTES_MAX,
}

const frameOf = (message: agentLink.MasterMessage): Buffer =>
  frameMessage(encodeProtobuf('thermosphere.agentlink.v1.MasterMessage', message))

const ping = (connected: boolean): Buffer => frameOf({ type: 'PING', ping: { connected } })
const pings = { connected: ping(true), disconnected: ping(false) }

/** Messages as they go out; pings, which are most of them, are encoded once. */
export function encodeLinkMessage(message: agentLink.MasterMessage): Buffer {
  if (message.type !== 'PING' || message.ping === undefined) return frameOf(message)
  return message.ping.connected ? pings.connected : pings.disconnected
}

/** `::ffff:10.0.0.1` → `10.0.0.1` */
const ipOf = ({ remoteAddress = '' }: net.Socket): string => remoteAddress.replace(/^::ffff:/, '')

/** Serves the link on connections that are given to it. */
export class LinkServer {
  readonly #options: LinkServerOptions
  readonly #sessions = new Set<http2.ServerHttp2Session>()
  readonly #links = new Set<ServerLink>()
  readonly #turns: ReadTurns
  /** Connections that wait for their turn. */
  readonly #arrived: net.Socket[] = []
  #isGreeting = false
  #isClosed = false

  constructor(options: LinkServerOptions) {
    this.#options = options
    this.#turns = new ReadTurns(options.isBehind)
  }

  injectConnection(socket: net.Socket): void {
    if (this.#isClosed) return void socket.destroy()
    socket.on('error', () => undefined)
    this.#arrived.push(socket)
    if (!this.#isGreeting) this.#greetInNextTurn()
  }

  #greetInNextTurn(): void {
    this.#isGreeting = true
    setImmediate(() => this.#greet(performance.now() + LINK_BEGIN_SLICE_MS))
  }

  /** The last one first: who has waited for long may have given up, and come again. */
  #greet(deadline: number): void {
    const socket = this.#arrived.pop()
    this.#isGreeting = socket !== undefined
    if (socket === undefined) return
    if (!socket.destroyed) this.#begin(socket)
    // Once no tick is left: in one the session reads what has come.
    process.nextTick(queueMicrotask, () => {
      if (performance.now() < deadline) this.#greet(deadline)
      else this.#greetInNextTurn()
    })
  }

  #begin(socket: net.Socket): void {
    const ip = ipOf(socket)
    const settings = { enablePush: false, initialWindowSize: LINK_WINDOW_BYTES, maxConcurrentStreams: LINK_STREAMS_MAX }
    const session = http2.performServerHandshake(socket, { settings, maxSessionMemory: LINK_SESSION_MEMORY_MB_MAX })
    this.#sessions.add(session)
    session.setLocalWindowSize(LINK_WINDOW_BYTES)
    session.setTimeout(LINK_STREAM_TIMEOUT_MS, () => session.destroy())
    session.on('close', () => this.#sessions.delete(session))
    // Its streams tell of it as well.
    session.on('error', () => undefined)
    session.on('stream', (stream, headers) => {
      session.setTimeout(0)
      stream.on('close', () => session.close())
      this.#onStream(stream, headers[':path'], ip)
    })
  }

  /** Ends all links after what was said on them; connections that linger are cut. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#turns.close()
    for (const socket of this.#arrived.splice(0)) socket.destroy()
    for (const link of this.#links) link.end()
    for (const session of this.#sessions) session.close()
    setTimeout(() => {
      for (const session of this.#sessions) session.destroy()
    }, LINK_CLOSE_MS).unref()
  }

  #onStream(stream: http2.ServerHttp2Stream, path: string | undefined, ip: string): void {
    const { headers, limits = defaultLimits, onLink } = this.#options
    const link = new ServerLink(stream, { ip, limits, turns: this.#turns })
    if (path !== AGENT_LINK_PATH) return link.refuse(UNIMPLEMENTED, `there is no method ${path}`)
    this.#links.add(link)
    stream.on('close', () => this.#links.delete(link))
    link.open(headers)
    onLink(link)
  }
}
