/**
 * Passes requests on to upstreams, streaming both ways; nothing is buffered and event streams live as long as both ends.
 * Of several upstreams the next is asked when one cannot be reached, and when one names the leader that one is asked:
 * as long as nothing of the request's body was sent, and only what changes nothing is ever sent twice.
 */
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { connectTimeoutMs, headersTimeoutMs, leaderRedirectsMax, upstreamConnectionsMax } from '../limits.ts'
import { lentLogin, requestHeaders, responseHeaders } from './headers.ts'
import { leaderRedirect } from './leader-redirect.ts'

/** Servers, any of which may answer. */
export type Upstreams = {
  /** `http://host:port` without a slash at the end, the likeliest first. */
  readonly urls: () => Promise<readonly string[]>
  readonly found?: (url: string) => void
  readonly failed?: (url: string) => void
}

export type Route = {
  /** What the client sees in front of the upstream's own paths. */
  readonly prefix: string
  readonly upstreams: Upstreams
  /** Path and query at the upstream. */
  readonly path: string
  /** Who is missing when it does not answer. */
  readonly name: string
  /** `Authorization` for clients that bring none. */
  readonly authorization?: string | undefined
}

/** One request of a client on its way. */
type Passage = { readonly request: Request; readonly route: Route; readonly signal: AbortSignal; isBodyTaken: boolean }
type Answer = Dispatcher.ResponseData & { readonly upstream: string; readonly leader: string | undefined }

export class Proxy {
  readonly #dispatcher = new Agent({
    connections: upstreamConnectionsMax,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: headersTimeoutMs,
    // A stream may be silent for as long as its owner likes; the client's end closes it.
    bodyTimeout: 0,
  })

  /** A handler that asks `routeOf` where the request goes. */
  handler(routeOf: (request: Request) => Route): RequestHandler {
    return (request, response) => this.#forward(request, response, routeOf(request))
  }

  async #forward(request: Request, response: Response, route: Route): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await this.#findAnswer({ request, route, signal: gone.signal, isBodyTaken: false })
    if (answer === undefined) return
    const { prefix, path } = route
    const headers = responseHeaders(answer.headers, { prefix, upstream: answer.upstream })
    // The leader is known now: the client comes back through here, with its body.
    const again = answer.leader === undefined ? {} : { location: prefix + path }
    response.writeHead(answer.statusCode, { ...headers, ...again })
    response.flushHeaders()
    // An end on either side ends the other; there is nobody left to tell.
    await pipeline(answer.body, response).catch(() => response.destroy())
  }

  /** Undefined when the client went away first. */
  async #findAnswer(passage: Passage): Promise<Answer | undefined> {
    const { upstreams, name } = passage.route
    const waiting = [...(await upstreams.urls())]
    let failure = new HttpError(503, `no address of ${name} is known; try again shortly`)
    let redirectsLeft = leaderRedirectsMax
    for (let upstream = waiting.shift(); upstream !== undefined; upstream = waiting.shift()) {
      try {
        const answer = await this.#request(passage, upstream)
        // One that is cut off from the others knows no leader, and would answer so for as long as it is asked.
        if (answer.statusCode === 503) upstreams.failed?.(upstream)
        else upstreams.found?.(answer.leader ?? upstream)
        if (answer.leader === undefined || passage.isBodyTaken || redirectsLeft-- === 0) return answer
        waiting.unshift(answer.leader)
        await answer.body.dump()
      } catch (cause) {
        if (passage.signal.aborted) return undefined
        upstreams.failed?.(upstream)
        failure = upstreamError(cause, `${name} at ${upstream}`)
        if (!mayRepeat(passage, cause)) break
      }
    }
    throw failure
  }

  async #request(passage: Passage, upstream: string): Promise<Answer> {
    const { request, route, signal } = passage
    const client = { address: request.socket.remoteAddress ?? '', protocol: request.protocol }
    const answer = await this.#dispatcher.request({
      origin: upstream,
      path: route.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: { ...requestHeaders(request.headers, client), ...lentLogin(request.headers, route.authorization) },
      body: hasBody(request) ? Readable.from(bodyOf(passage), { objectMode: false }) : null,
      signal,
    })
    return { ...answer, upstream, leader: leaderRedirect(answer, { upstream, path: route.path }) }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }
}

const hasBody = ({ headers }: Request): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

/** Begins only once there is a connection: one that was refused has taken nothing. */
async function* bodyOf(passage: Passage): AsyncGenerator<Buffer> {
  passage.isBodyTaken = true
  yield* passage.request.iterator({ destroyOnReturn: false })
}

const unreached: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : '')

/** A request that may have arrived is not sent to another server, unless it changes nothing. */
function mayRepeat({ request, isBodyTaken }: Passage, cause: unknown): boolean {
  const code = codeOf(cause)
  if (isBodyTaken || code === 'UND_ERR_HEADERS_TIMEOUT') return false
  return unreached.has(code) || request.method === 'GET' || request.method === 'HEAD'
}

function upstreamError(cause: unknown, who: string): HttpError {
  const code = codeOf(cause)
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new HttpError(504, `${who} does not answer in time; try again shortly`, { cause })
  }
  return new HttpError(502, `${who} cannot be reached${code === '' ? '' : ` (${code})`}; try again shortly`, { cause })
}
