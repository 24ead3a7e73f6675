/**
 * Messages that come in: `POST /<process>/<name of the message>` with the sender's process id in `Libprocess-From`, or
 * in `User-Agent: libprocess/<process id>`. The answer is 202; see muted-connection.ts for those who want none.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { LIBPROCESS_MESSAGE_BYTES_MAX, LIBPROCESS_NAME_LENGTH_MAX } from './limits.ts'
import { parseProcessId } from './process-id.ts'
import type { ProcessId } from './process-id.ts'

export type ReceivedMessage = {
  readonly from: ProcessId
  /** Id of the process here that it is for: `master`. */
  readonly to: string
  /** `mesos.internal.RegisterFrameworkMessage`. */
  readonly name: string
  readonly body: Uint8Array
}

type Head = Omit<ReceivedMessage, 'body'>

/** Whether there is a process of that name here. */
export type Deliver = (message: ReceivedMessage) => boolean

/** Whether the request is meant as a message, well-formed or not. */
export const isMessageRequest = (request: IncomingMessage): boolean =>
  request.method === 'POST' && senderOf(request) !== undefined

/** Takes a request that `isMessageRequest`. Messages of one connection are delivered in their order. */
export async function receiveMessage(
  request: IncomingMessage,
  response: ServerResponse,
  deliver: Deliver,
): Promise<void> {
  const head = parseHead(request)
  if (typeof head === 'string') return refuse(response, 400, head)
  const body = await readBody(request)
  if (body === 'cut') return
  if (body === 'too long') return refuse(response, 413, `a message has at most ${LIBPROCESS_MESSAGE_BYTES_MAX} bytes`)
  if (deliver({ ...head, body })) response.writeHead(202, { 'Content-Length': 0 }).end()
  else refuse(response, 404, `there is no process ${head.to} here`)
}

const agentPrefix = 'libprocess/'

function senderOf({ headers }: IncomingMessage): string | undefined {
  const agent = headers['user-agent']
  if (agent?.startsWith(agentPrefix) === true) return agent.slice(agentPrefix.length)
  const from = headers['libprocess-from']
  return Array.isArray(from) ? from[0] : from
}

const path = /^(?:\/([^/]*))?\/([\w.]+)$/

/** A string is what is wrong with it. */
function parseHead(request: IncomingMessage): Head | string {
  const from = parseProcessId(senderOf(request) ?? '')
  if (!from) return "the sender's process id is not of the form 'id@host:port'"
  const [, to = '', name = ''] = path.exec(decodePath(request.url ?? '')) ?? []
  const isNamed = name !== '' && Math.max(name.length, to.length) <= LIBPROCESS_NAME_LENGTH_MAX
  return isNamed ? { from, to, name } : 'the path is not of the form /process/message'
}

function decodePath(url: string): string {
  const raw = url.split('?', 1)[0] ?? ''
  try {
    return decodeURIComponent(raw)
  } catch (error) {
    if (error instanceof URIError) return ''
    throw error
  }
}

function readBody(request: IncomingMessage): Promise<Uint8Array | 'too long' | 'cut'> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= LIBPROCESS_MESSAGE_BYTES_MAX) chunks.push(chunk)
      else resolve('too long')
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', () => resolve('cut'))
    request.once('close', () => resolve('cut'))
  })
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${text}\n`)
}
