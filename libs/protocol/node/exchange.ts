/** HTTP requests and their answers. */
import http from 'node:http'
import https from 'node:https'
import { ANSWER_BYTES_MAX, ANSWER_TIMEOUT_MS } from './limits.ts'

/** Where requests go: a URL, or a path behind a UNIX socket. */
export type Endpoint = { readonly url: URL; readonly socketPath?: string | undefined }

export type Headers = Readonly<Record<string, string>>

export type PostOptions = {
  readonly endpoint: Endpoint
  readonly headers: Headers
  readonly body: Uint8Array
  readonly agent: http.Agent | false
  readonly answerTimeoutMs?: number | undefined
}

export type Answer = { readonly status: number; readonly text: string }

export function isHttps(url: URL): boolean {
  return url.protocol === 'https:'
}

/** Starts a POST. An answer that does not begin in time is an error of the request. */
export function post({ endpoint, headers, body, agent, answerTimeoutMs: timeoutMs }: PostOptions): http.ClientRequest {
  const { url, socketPath } = endpoint
  const request = (isHttps(url) ? https : http).request(url, {
    method: 'POST',
    agent,
    headers: { ...headers, 'Content-Length': body.length },
    ...(socketPath === undefined ? {} : { socketPath }),
  })
  const ms = timeoutMs ?? ANSWER_TIMEOUT_MS
  const timer = setTimeout(() => request.destroy(new Error(`no answer from ${url.host} within ${ms} ms`)), ms)
  const stopTimer = () => clearTimeout(timer)
  request.once('response', stopTimer)
  request.once('close', stopTimer)
  request.end(body)
  return request
}

/** The text of an answer, cut at a bound. */
export async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length > ANSWER_BYTES_MAX) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
