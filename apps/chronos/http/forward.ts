/** Hands a request on to the leader: status, headers and body unchanged. Without one it is 503. */
import { request as requestHttp } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import { forwardTimeoutMs } from '../limits.ts'

const perConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])
const via = '1.1 chronos'

const withoutConnection = (headers: IncomingMessage['headers']): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !perConnection.has(name)))

export function forward(request: IncomingMessage, response: ServerResponse, leader: string | undefined): void {
  // A standby that asks a standby is a loop: leadership is changing hands just now.
  const isLoop = String(request.headers.via ?? '').includes(via)
  if (leader === undefined || isLoop) return refuse(request, response)
  const url = new URL(request.url ?? '/', leader)
  const headers = { ...withoutConnection(request.headers), via }
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const onward = send(url, { method: request.method, headers, timeout: forwardTimeoutMs })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
    response.flushHeaders()
    // An event stream may be silent for as long as it likes.
    onward.setTimeout(0)
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  })
  onward.on('timeout', () => onward.destroy(new Error('the leader does not answer in time')))
  onward.on('error', () => (response.headersSent ? response.destroy() : refuse(request, response)))
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const message = 'No leader elected or leader unreachable'
  const isOld = request.url?.startsWith('/scheduler') ?? false
  response.writeHead(503, {
    'Content-Type': isOld ? 'text/plain' : 'application/json',
    'Access-Control-Allow-Origin': '*',
    'Retry-After': '1',
  })
  response.end(isOld ? message : JSON.stringify({ message, status: 'Service Unavailable' }))
}
