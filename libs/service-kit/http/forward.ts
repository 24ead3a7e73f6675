/**
 * A standby hands requests on to the leader: method, headers and body as they are, and the answer back, streamed.
 * Each server refuses in its own words what cannot be handed on.
 */
import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { withoutHopByHop } from './hop-by-hop.ts'

/** Why a request was not handed on, or not answered. */
export type ForwardFailure = 'no-leader' | 'loop' | 'refused' | 'timeout' | 'failed'

export type ForwardOptions = {
  /** The header that tells who handed a request on, and our entry in it: one that is there already is a loop. */
  readonly via: { readonly header: string; readonly entry: () => string }
  /** The answer names us as well. */
  readonly answerVia?: boolean
  readonly connectTimeoutMs: number
  /** Until the leader begins to answer; an event stream may be silent for as long as it likes. */
  readonly answerTimeoutMs: number
  /** Requests handed on at a time; more wait. */
  readonly connectionsMax: number
  readonly refuse: (failure: ForwardFailure, request: IncomingMessage, response: ServerResponse) => void
}

const listed = (before: string | string[] | undefined, entry: string): string =>
  before === undefined ? entry : `${String(before)}, ${entry}`

export class Forwarder {
  readonly #options: ForwardOptions
  // A connection that was kept open may belong to a leader that is gone.
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent }

  constructor(options: ForwardOptions) {
    this.#options = options
    const limits = { maxSockets: options.connectionsMax, keepAlive: false }
    this.#agents = { http: new HttpAgent(limits), https: new HttpsAgent(limits) }
  }

  /** `leader` is a base URL. */
  forward(request: IncomingMessage, response: ServerResponse, leader: string | undefined): void {
    const { via, answerTimeoutMs } = this.#options
    const refuse = (failure: ForwardFailure): void => this.#refuse(failure, request, response)
    if (leader === undefined) return refuse('no-leader')
    const passed = String(request.headers[via.header.toLowerCase()] ?? '').split(',')
    if (passed.some((entry) => entry.trim() === via.entry())) return refuse('loop')
    const onward = this.#send(request, leader)
    onward.on('response', (answer) => this.#answer(answer, onward, response))
    onward.setTimeout(answerTimeoutMs, () => onward.destroy(new ForwardTimeout()))
    onward.on('error', (error) => refuse(failureOf(error)))
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }

  #send(request: IncomingMessage, leader: string): ClientRequest {
    const { via, connectTimeoutMs } = this.#options
    const url = new URL(request.url ?? '/', leader)
    const name = via.header.toLowerCase()
    const headers = {
      ...withoutHopByHop(request.headers),
      host: url.host,
      [name]: listed(request.headers[name], via.entry()),
      'x-forwarded-for': listed(request.headers['x-forwarded-for'], request.socket.remoteAddress ?? ''),
    }
    const isSecure = url.protocol === 'https:'
    const agent = isSecure ? this.#agents.https : this.#agents.http
    const onward = (isSecure ? requestHttps : requestHttp)(url, { method: request.method, headers, agent })
    onward.on('socket', (socket) => {
      if (!socket.connecting) return
      const timer = setTimeout(() => onward.destroy(new ForwardTimeout()), connectTimeoutMs)
      socket.once('connect', () => clearTimeout(timer))
      socket.once('close', () => clearTimeout(timer))
    })
    return onward
  }

  #answer(answer: IncomingMessage, onward: ClientRequest, response: ServerResponse): void {
    const { via, answerVia } = this.#options
    const extra = answerVia === true ? { [via.header]: via.entry() } : {}
    response.writeHead(answer.statusCode ?? 502, { ...withoutHopByHop(answer.headers), ...extra })
    response.flushHeaders()
    onward.setTimeout(0)
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  }

  #refuse(failure: ForwardFailure, request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    if (response.headersSent || response.destroyed) response.destroy()
    else this.#options.refuse(failure, request, response)
  }
}

class ForwardTimeout extends Error {}

function failureOf(error: Error): ForwardFailure {
  if (error instanceof ForwardTimeout) return 'timeout'
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'failed'
}
