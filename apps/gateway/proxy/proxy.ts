/** Passes requests on to upstreams, streaming both ways; nothing is buffered and event streams live as long as both ends. */
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { pipeline } from 'node:stream/promises'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { connectTimeoutMs, headersTimeoutMs, upstreamConnectionsMax } from '../limits.ts'
import { requestHeaders, responseHeaders } from './headers.ts'

export type Route = {
  /** What the client sees in front of the upstream's own paths. */
  readonly prefix: string
  /** `http://host:port`, no slash at the end. */
  readonly upstream: string
  /** Path and query at the upstream. */
  readonly path: string
  /** Who is missing when it does not answer. */
  readonly name: string
}

export class Proxy {
  readonly #dispatcher = new Agent({
    connections: upstreamConnectionsMax,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: headersTimeoutMs,
    // A stream may be silent for as long as its owner likes; the client's end closes it.
    bodyTimeout: 0,
  })

  /** A handler that asks `routeOf` where the request goes. */
  handler(routeOf: (request: Request) => Promise<Route>): RequestHandler {
    return async (request, response) => this.#forward(request, response, await routeOf(request))
  }

  async #forward(request: Request, response: Response, route: Route): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await this.#request(request, route, gone.signal)
    if (answer === undefined) return
    response.writeHead(answer.statusCode, responseHeaders(answer.headers, route))
    response.flushHeaders()
    // An end on either side ends the other; there is nobody left to tell.
    await pipeline(answer.body, response).catch(() => response.destroy())
  }

  /** Undefined when the client went away first. */
  async #request(
    request: Request,
    { upstream, path, name }: Route,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData | undefined> {
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
    const client = { address: request.socket.remoteAddress ?? '', protocol: request.protocol }
    try {
      return await this.#dispatcher.request({
        origin: upstream,
        path,
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request.headers, client),
        body: hasBody ? request : null,
        signal,
      })
    } catch (cause) {
      if (signal.aborted) return undefined
      throw upstreamError(cause, `${name} at ${upstream}`)
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }
}

function upstreamError(cause: unknown, who: string): HttpError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new HttpError(504, `${who} does not answer in time; try again shortly`, { cause })
  }
  return new HttpError(502, `${who} cannot be reached${code === '' ? '' : ` (${code})`}; try again shortly`, { cause })
}
