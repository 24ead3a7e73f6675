/** Requests to the cluster through its gateway, with failures told in one sentence. */
import { resolve } from 'node:path'
import type { z } from 'zod'
import { basicAuthorization, readCredential, StartupError } from '@thermosphere/service-kit'
import { credentialFromEnvironment, urlFromEnvironment, workDirFromEnvironment } from './config.ts'
import { CliError } from './errors.ts'
import { requestTimeoutMs } from './limits.ts'
import { readCluster } from './up/index.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
export type RequestOptions = {
  readonly method?: Method
  readonly body?: unknown
  readonly text?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export const defaultWorkDir = (): string => workDirFromEnvironment() ?? `${process.cwd()}/.thermosphere`

/** `--url`, else THERMO_URL, else the cluster of the work directory, else the default address. */
export function gatewayUrl(given: string | undefined): string {
  const url = given ?? urlFromEnvironment() ?? readCluster(defaultWorkDir())?.gateway ?? 'http://127.0.0.1:8000'
  if (!URL.canParse(url))
    throw new CliError(`"${url}" is not a URL: give one like http://127.0.0.1:8000.`, { exitCode: 2 })
  return url.replace(/\/$/, '')
}

/** The file of `--credential`, else THERMO_CREDENTIAL. */
export function credentialPath(given: string | undefined): string | undefined {
  const path = given ?? credentialFromEnvironment()
  return path === undefined ? undefined : resolve(path)
}

/** The header that says who asks. */
export function loginHeaders(path: string | undefined): Record<string, string> {
  if (path === undefined) return {}
  try {
    return { authorization: basicAuthorization(readCredential('--credential', path)) }
  } catch (cause) {
    if (!(cause instanceof StartupError)) throw cause
    throw new CliError(`${cause.message}.`, { exitCode: 2, cause })
  }
}

/** What the server said went wrong, as text: Marathon's message with its details, or the body. */
function reasonOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown; details?: { path?: string; errors?: string[] }[] }
    const details = Array.isArray(parsed.details)
      ? parsed.details.map(({ path, errors }) => `\n  ${path ?? '/'}: ${(errors ?? []).join('; ')}`).join('')
      : ''
    return typeof parsed.message === 'string' ? parsed.message + details : body
  } catch {
    return body.trim()
  }
}

export class Api {
  readonly url: string
  /** The header that says who asks. */
  readonly login: Readonly<Record<string, string>>
  constructor(url: string, login: Record<string, string> = {}) {
    this.url = url
    this.login = login
  }

  async open(path: string, options: RequestOptions & { readonly signal?: AbortSignal } = {}): Promise<Response> {
    const { method = 'GET', body, signal = AbortSignal.timeout(requestTimeoutMs) } = options
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const accept = options.text ? '*/*' : 'application/json'
    const headers = { accept, 'content-type': 'application/json', ...options.headers, ...this.login }
    const answer = await fetch(this.url + path, { method, headers, signal, ...init }).catch((error: unknown) => {
      throw new CliError(
        `No cluster answers at ${this.url}: start one with \`thermo up\` or give its address with --url.`,
        {
          cause: error,
        },
      )
    })
    if (answer.ok) return answer
    const reason = reasonOf(await answer.text())
    throw new CliError(`${method} ${path} was refused (${answer.status}): ${reason || answer.statusText}`)
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(path, schema, await (await this.open(path)).json())
  }

  async send(path: string, options: RequestOptions): Promise<unknown> {
    const text = await (await this.open(path, options)).text()
    if (text === '') return {}
    try {
      return JSON.parse(text) as unknown
    } catch {
      return { message: text.trim() }
    }
  }

  #parse<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new CliError(`${path} answered something else than expected: ${issue?.path.join('.')}: ${issue?.message}`)
  }
}
