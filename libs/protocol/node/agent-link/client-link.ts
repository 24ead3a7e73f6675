/**
 * The agent's end of the link: one call of gRPC on a connection of its own. A master that leads pings its agents, so
 * only one that has been silent for longer is asked whether it is there: thousands of agents would ask one master.
 */
import http2 from 'node:http2'
import net from 'node:net'
import { errorMessage } from '@thermosphere/effects'
import { decodeProtobuf, encodeProtobuf } from '../../codec.ts'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { LINK_MESSAGE_BYTES_MAX, LINK_SESSION_MEMORY_MB_MAX, LINK_WINDOW_BYTES } from './limits.ts'
import { FrameReader, frameMessage, MessageTooLongError } from './message-frames.ts'

export const AGENT_LINK_PATH = '/thermosphere.agentlink.v1.AgentLink/Connect'

const STANDBY = 'thermosphere-standby'

/** Headers of a master that answers an agent without leading; those of the leader have no such mark. */
export const standbyHeaders: Readonly<Record<string, string>> = { [STANDBY]: '1' }

/** How a link ended: 0 when the master ended it, else a status of gRPC. */
export type LinkEnd = { readonly code: number; readonly message: string }

export type ClientLinkOptions = {
  /** `host:port` */
  readonly address: string
  /** Where it calls from, if not left to the system: an address has ports for 28,000 connections. */
  readonly localAddress?: string | undefined
  /** A master not heard for so long is asked whether it is there; without an answer in time the link is over. */
  readonly silence?: { readonly askAfterMs: number; readonly timeoutMs: number }
  /** The master has answered. One that stands by only sends NOT_LEADER. */
  onOpen?(answer: { readonly isStandby: boolean }): void
  onMessage(message: agentLink.MasterMessage): void
  /** Once; nothing is heard afterwards. */
  onEnd(end: LinkEnd): void
}

const ENDED: LinkEnd = { code: 0, message: 'the master ended the stream' }
const UNKNOWN = 2
const RESOURCE_EXHAUSTED = 8
const INTERNAL = 13
const UNAVAILABLE = 14
const requestHeaders = {
  ':method': 'POST',
  ':path': AGENT_LINK_PATH,
  'content-type': 'application/grpc+proto',
  te: 'trailers',
}

/** One link to one master. Whom to ask next is not its business. */
export class ClientLink {
  readonly #options: ClientLinkOptions
  readonly #socket: net.Socket
  readonly #frames = new FrameReader(LINK_MESSAGE_BYTES_MAX)
  #open: { readonly session: http2.ClientHttp2Session; readonly stream: http2.ClientHttp2Stream } | undefined
  /** What was said before there was a connection. */
  readonly #early: Buffer[] = []
  #silence: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined
  #status: LinkEnd | undefined
  #isOver = false

  constructor(options: ClientLinkOptions) {
    this.#options = options
    const { address, localAddress } = options
    const { hostname, port } = new URL(`http://${address}`)
    const host = hostname.replace(/^\[|\]$/g, '')
    this.#socket = net.connect({ host, port: Number(port || 80), ...(localAddress !== undefined && { localAddress }) })
    this.#socket.on('error', ({ message }) => this.#finish({ code: UNAVAILABLE, message }))
    // A session costs far more than an attempt to connect, and most attempts fail while nobody leads.
    this.#socket.once('connect', () => this.#isOver || this.#begin())
  }

  /** What is said on a link that is over goes nowhere. */
  send(message: agentLink.AgentMessage): void {
    if (this.#isOver || this.#open?.stream.writableEnded === true) return
    const frame = frameMessage(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', message))
    if (this.#open === undefined) this.#early.push(frame)
    else this.#open.stream.write(frame)
  }

  /** All is said; the master ends the link once it has heard it. */
  end(): void {
    if (!this.#isOver) this.#open?.stream.end()
  }

  /** Gives the link up. */
  close(reason = 'the agent closed the link'): void {
    this.#finish({ code: UNAVAILABLE, message: reason })
  }

  #begin(): void {
    const session = http2.connect(`http://${this.#options.address}`, {
      settings: { enablePush: false, initialWindowSize: LINK_WINDOW_BYTES },
      maxSessionMemory: LINK_SESSION_MEMORY_MB_MAX,
      createConnection: () => this.#socket,
    })
    // Told in a turn of its own, when the link may have been closed again.
    session.once('connect', () => session.destroyed || session.setLocalWindowSize(LINK_WINDOW_BYTES))
    session.on('error', ({ message }) => this.#finish({ code: UNAVAILABLE, message }))
    session.on('close', () => this.#finish({ code: UNAVAILABLE, message: 'the connection was closed' }))
    const stream = session.request(requestHeaders, { endStream: false })
    stream.on('response', (headers) => this.#onResponse(headers))
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    stream.on('trailers', (headers) => this.#onStatus(headers))
    // Its own half is still open; what ends without a status closes.
    stream.on('end', () => (this.#status ? this.#finish(this.#status) : stream.end()))
    // `close` follows.
    stream.on('error', ({ message }) => (this.#status ??= statusOfReset(stream.rstCode, message)))
    stream.on('close', () => this.#finish(this.#status ?? statusOfReset(stream.rstCode)))
    for (const frame of this.#early.splice(0)) stream.write(frame)
    this.#open = { session, stream }
  }

  #onResponse(headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader): void {
    if (this.#isOver) return
    const { ':status': status = 0 } = headers
    if (status !== 200) return this.#finish({ code: UNKNOWN, message: `HTTP status ${status} instead of a link` })
    if (headers['grpc-status'] !== undefined) return this.#onStatus(headers)
    const { silence, onOpen } = this.#options
    if (silence) this.#silence = setTimeout(() => this.#ask(silence.timeoutMs), silence.askAfterMs).unref()
    onOpen?.({ isStandby: headers[STANDBY] !== undefined })
  }

  #onData(chunk: Buffer): void {
    this.#silence?.refresh()
    this.#frames.push(chunk)
    for (let message = this.#next(); message !== undefined; message = this.#next()) this.#options.onMessage(message)
  }

  #next(): agentLink.MasterMessage | undefined {
    if (this.#isOver) return undefined
    try {
      const bytes = this.#frames.next()
      return bytes && decodeProtobuf('thermosphere.agentlink.v1.MasterMessage', bytes)
    } catch (error) {
      const code = error instanceof MessageTooLongError ? RESOURCE_EXHAUSTED : INTERNAL
      this.#finish({ code, message: errorMessage(error) })
      return undefined
    }
  }

  #onStatus(headers: http2.IncomingHttpHeaders): void {
    const code = Number(headers['grpc-status'] ?? UNKNOWN)
    const message = headers['grpc-message'] ?? `the master ended the link with status ${code}`
    this.#status = code === 0 ? ENDED : { code, message: textOf(String(message)) }
  }

  #ask(timeoutMs: number): void {
    this.#patience = setTimeout(
      () => this.#finish({ code: UNAVAILABLE, message: 'the master is silent' }),
      timeoutMs,
    ).unref()
    this.#open?.session.ping(() => {
      clearTimeout(this.#patience)
      this.#silence?.refresh()
    })
  }

  #finish(end: LinkEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#silence)
    clearTimeout(this.#patience)
    this.#open?.stream.close(http2.constants.NGHTTP2_CANCEL)
    this.#open?.session.destroy()
    this.#socket.destroy()
    this.#options.onEnd(end)
  }
}

/** What gRPC understands by a stream that was reset, or whose connection broke. */
const statusOfReset = (rstCode: number, message = `the stream was broken (HTTP/2 code ${rstCode})`): LinkEnd => ({
  code: rstCode === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM ? RESOURCE_EXHAUSTED : UNAVAILABLE,
  message,
})

/** It is encoded like a part of a URL; what is not, is shown as it came. */
function textOf(message: string): string {
  try {
    return decodeURI(message)
  } catch {
    return message
  }
}
