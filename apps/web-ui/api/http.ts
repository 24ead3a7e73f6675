import { z } from './zod.ts'
import { limits } from '../limits.ts'

export type FieldErrors = { path: string; errors: string[] }

/** An answer that is not a success, or no answer (`status` 0), with what the server said at which field. */
export class ApiError extends Error {
  readonly status: number
  readonly fields: readonly FieldErrors[]
  readonly requestId: string | undefined
  readonly body: unknown
  constructor(options: {
    status: number
    message: string
    fields?: readonly FieldErrors[]
    requestId?: string | undefined
    body?: unknown
  }) {
    super(options.message)
    this.name = 'ApiError'
    this.status = options.status
    this.fields = options.fields ?? []
    this.requestId = options.requestId
    this.body = options.body
  }
}

const detailsSchema = z.array(z.object({ path: z.string(), errors: z.array(z.string()) }))
const errorSchema = z.looseObject({ message: z.string().optional(), details: z.unknown().optional() })

/** Marathon and Chronos answer `{message, details}`, Mesos plain text, a proxy perhaps HTML. */
export function describeFailure(
  status: number,
  text: string,
): { message: string; fields: FieldErrors[]; body: unknown } {
  const body = parseJson(text)
  const parsed = errorSchema.safeParse(body)
  if (!parsed.success || parsed.data.message === undefined) {
    const plain = text.startsWith('<') ? '' : text.trim().slice(0, 500)
    return { message: plain === '' ? `The server answered ${status}.` : plain, fields: [], body }
  }
  const details = detailsSchema.safeParse(parsed.data.details)
  const extra = typeof parsed.data.details === 'string' ? `: ${parsed.data.details}` : ''
  return { message: `${parsed.data.message}${extra}`, fields: details.success ? details.data : [], body }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type RequestOptions = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  timeoutMs?: number
}

const deadline = (options: RequestOptions) => {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? limits.requestTimeoutMs)
  return options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
}

/** Sends one request and fails with an ApiError on anything but a 2xx answer. */
export async function send(url: string, options: RequestOptions = {}): Promise<Response> {
  const response = await perform(url, { ...options, signal: deadline(options) })
  if (response.ok) return response
  throw await failureOf(response)
}

/** Opens a stream: no deadline, the caller's signal ends it. */
export async function openStream(
  url: string,
  options: RequestOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await perform(url, options)
  if (!response.ok) throw await failureOf(response)
  if (response.body === null) throw new ApiError({ status: response.status, message: 'The stream has no body.' })
  return response.body
}

async function perform(url: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
  const init: RequestInit = { method: options.method ?? 'GET', headers }
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(options.body)
  }
  if (options.signal !== undefined) init.signal = options.signal
  try {
    return await fetch(url, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    throw new ApiError({
      status: 0,
      message: late ? 'The server did not answer in time.' : 'The server cannot be reached.',
    })
  }
}

async function failureOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '')
  const requestId = response.headers.get('x-request-id') ?? undefined
  return new ApiError({ status: response.status, requestId, ...describeFailure(response.status, text) })
}

/** Reads JSON and checks it: what does not parse is an error with the place in it, never silently `undefined`. */
export async function getJson<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  options: RequestOptions = {},
): Promise<z.infer<Schema>> {
  const response = await send(url, options)
  return parseAnswer(url, schema, await response.json())
}

export function parseAnswer<Schema extends z.ZodType>(url: string, schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
  throw new ApiError({
    status: 200,
    message: `${url} answered something this dashboard does not understand${place}.`,
    body: value,
  })
}
