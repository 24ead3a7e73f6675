import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { errorMessage } from '@thermosphere/effects'
import type { z } from 'zod'
import { describeZodError } from './describe-zod-error.ts'
import { HttpError } from './errors.ts'
import { HTTP_LIMITS } from './limits.ts'

const gunzipAsync = promisify(gunzip)
const inflateAsync = promisify(inflate)

/**
 * The whole body, at most `maxBytes` (413 above), inflated when it came compressed. A client that takes longer than a
 * request may is cut here as well: servers with requests that stream do without a time for all of them.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number = HTTP_LIMITS.bodyBytesMax,
  timeoutMs: number = HTTP_LIMITS.requestTimeoutMs,
): Promise<Buffer> {
  const timer = setTimeout(() => request.destroy(new HttpError(408, 'the request took too long to arrive')), timeoutMs)
  try {
    return await readWhole(request, maxBytes)
  } finally {
    clearTimeout(timer)
  }
}

async function readWhole(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): HttpError => new HttpError(413, `the body is larger than the ${maxBytes} bytes that are allowed`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return inflateBody(Buffer.concat(chunks), request.headers['content-encoding'], maxBytes)
}

async function inflateBody(body: Buffer, encoding: string | undefined, maxOutputLength: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body
  const unpack = encoding === 'gzip' ? gunzipAsync : encoding === 'deflate' ? inflateAsync : undefined
  if (unpack === undefined)
    throw new HttpError(415, `content-encoding ${encoding} is not supported; use gzip, deflate or none`)
  try {
    return await unpack(body, { maxOutputLength })
  } catch (cause) {
    throw new HttpError(400, `the body is not valid ${encoding}, or larger than ${maxOutputLength} bytes unpacked`, {
      cause,
    })
  }
}

/** The body as JSON; 400 with the place of the mistake when it is none. */
export async function readJson(request: IncomingMessage, maxBytes?: number): Promise<unknown> {
  const text = (await readBody(request, maxBytes)).toString('utf8')
  return parseJsonText(text)
}

/** The body as JSON that `schema` accepts; 400 (or `status`) names each field, what was wrong and what is allowed. */
export async function readJsonAs<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
  options: { readonly maxBytes?: number; readonly status?: number } = {},
): Promise<z.infer<S>> {
  return parseRequest(schema, await readJson(request, options.maxBytes), options.status)
}

/** Parses a path, a query or a body by its schema; 400 (or `status`) says what is wrong. */
export function parseRequest<S extends z.ZodType>(schema: S, input: unknown, status = 400): z.infer<S> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new HttpError(status, describeZodError(parsed.error, input), { cause: parsed.error })
}

/** JSON.parse whose error says where the mistake is. */
export function parseJsonText(text: string): unknown {
  if (text.trim() === '') throw new HttpError(400, 'the body is empty; JSON is expected')
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = errorMessage(cause)
    throw new HttpError(400, `the body is not valid JSON: ${withPlace(message, text)}`, { cause })
  }
}

/** V8 says `... at position 17`, sometimes with line and column; people look for lines. */
function withPlace(message: string, text: string): string {
  const match = /at position (\d+)(?! \(line)/.exec(message)
  if (match === null) return message
  const before = text.slice(0, Number(match[1]))
  const line = before.split('\n').length
  return `${message} (line ${line} column ${before.length - before.lastIndexOf('\n')})`
}
