import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '@thermosphere/master-core'
import type { Encoding } from '../shell/streams/event-streams.ts'

/** One request on its way to one answer. `path` has no trailing slash and no component prefix. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly query: URLSearchParams
  /** Who logged in; undefined where nobody has to. */
  readonly principal?: string
}

/** The principal, for an input of the core. */
export const by = ({ principal }: Pick<Exchange, 'principal'>): { readonly principal?: string } =>
  principal === undefined ? {} : { principal }

export type Handler = (exchange: Exchange) => void | Promise<void>

/** An error or a note as Mesos writes it: the bare sentence. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text)
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length })
  response.end(body)
}

/** The text for a status when there is nothing more to say. */
export const plainStatus = (status: number): string => `${status} ${STATUS_CODES[status] ?? 'Unknown'}.`

/** Success without a body has a length and no type: some clients take a type for a body. */
export function sendEmpty(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0 })
  response.end()
}

/** JSON with nothing appended to its type; wrapped for a `jsonp` query. */
export function sendJson({ response, query }: Pick<Exchange, 'response' | 'query'>, json: string): void {
  const callback = query.get('jsonp')
  const body = Buffer.from(callback === null ? json : `${callback}(${json});`)
  const type = callback === null ? 'application/json' : 'text/javascript'
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length })
  response.end(body)
}

export function sendEncoded(response: ServerResponse, encoding: Encoding, body: string | Uint8Array): void {
  const bytes = Buffer.from(body)
  response.writeHead(200, { 'Content-Type': encoding, 'Content-Length': bytes.length })
  response.end(bytes)
}

/** What the core decided. */
export function sendReply(response: ServerResponse, { status, text }: Reply): void {
  if (text !== undefined) sendText(response, status, text)
  else if (status >= 400) sendText(response, status, plainStatus(status))
  else sendEmpty(response, status)
}

export function methodNotAllowed({ request, response }: Exchange, allowed: readonly string[]): void {
  const expected = allowed.map((method) => `'${method}'`).join(', ')
  const text = `405 Method Not Allowed. Expecting one of { ${expected} }, but received '${request.method}'.`
  response.setHeader('Allow', allowed.join(', '))
  sendText(response, 405, text)
}
