import { HttpError } from '@thermosphere/service-kit'
import type { Request, Response } from 'express'

/** A JSON answer, wrapped when the query asks for JSONP as the Mesos web UI does. */
export function sendJson(request: Request, response: Response, value: unknown): void {
  sendJsonText(request, response, JSON.stringify(value))
}

export function sendJsonText(request: Request, response: Response, text: string): void {
  const callback = queryText(request, 'jsonp')
  if (callback === undefined) {
    send(response, 'application/json', text)
    return
  }
  if (!/^[\w.$]{1,128}$/.test(callback)) throw new HttpError(400, 'jsonp must be the name of a function')
  send(response, 'text/javascript', `${callback}(${text});`)
}

/** Without the charset that Express would add: clients compare the type as a whole. */
export function send(response: Response, type: string, body: string | Uint8Array): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body)
  response.setHeader('Content-Type', type)
  response.setHeader('Content-Length', bytes.length)
  response.end(bytes)
}

export function sendEmpty(response: Response, status: number): void {
  response.status(status)
  response.setHeader('Content-Length', 0)
  response.end()
}

/** A query member that was given once. */
export function queryText(request: Request, name: string): string | undefined {
  const value = request.query[name]
  return typeof value === 'string' ? value : undefined
}

/** Mesos answers other methods with the ones that it expects. */
export function refuseMethod(request: Request, allowed: readonly string[]): void {
  if (allowed.includes(request.method)) return
  const list = allowed.map((method) => `'${method}'`).join(', ')
  throw new HttpError(405, `405 Method Not Allowed. Expecting one of { ${list} }, but received '${request.method}'.`, {
    headers: { Allow: allowed.join(', ') },
  })
}
