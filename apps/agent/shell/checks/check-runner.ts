import { errorMessage } from '@thermosphere/effects'
import type { AgentEffect, AgentInput, CheckAttempt, CheckResult } from '@thermosphere/agent-core'
import type { ContainerId } from '@thermosphere/isolation'
import type { Background } from '@thermosphere/service-kit'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { LIMITS } from '../../limits.ts'
import type { ContainerRunner } from '../containers/container-runner.ts'

type RunCheck = Extract<AgentEffect, { type: 'run-check' }>

export type CheckRunnerOptions = {
  readonly containers: Pick<ContainerRunner, 'find'>
  readonly background: Background
  submit(input: AgentInput): void
}

/** Performs single attempts of checks; when to try again is the core's decision. */
export class CheckRunner {
  readonly #options: CheckRunnerOptions

  constructor(options: CheckRunnerOptions) {
    this.#options = options
  }

  run(effect: RunCheck): void {
    this.#options.background.run(`check ${effect.containerId}`, this.#attempt(effect))
  }

  async #attempt({ containerId, token, attempt, timeoutMs }: RunCheck): Promise<void> {
    const abort = new AbortController()
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => abort.abort(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs)
      : undefined
    let result: CheckResult
    try {
      result = await this.#try(containerId, attempt, abort.signal)
    } catch (error) {
      result = { type: 'none', message: errorMessage(error) }
    } finally {
      clearTimeout(timer)
    }
    this.#options.submit({ type: 'check-result', containerId, token, result })
  }

  async #try(containerId: string, attempt: CheckAttempt, signal: AbortSignal): Promise<CheckResult> {
    switch (attempt.type) {
      case 'command': {
        const container = this.#options.containers.find(containerId)
        if (container === undefined) return { type: 'none', message: 'the container has ended' }
        const { command } = attempt
        // Set-up of our own, such as PATH, comes from the container; the check adds its variables.
        const environment = {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          ...attempt.environment,
        }
        const options = { environment, signal }
        const { exitCode } = await container.containerizer.exec(containerId as ContainerId, command, options)
        return exitCode === undefined ? { type: 'none', message: 'ended by a signal' } : { type: 'command', exitCode }
      }
      case 'http':
        return { type: 'http', statusCode: await httpStatus(urlOf(attempt), signal) }
      case 'tcp':
        return { type: 'tcp', succeeded: await canConnect(attempt, signal) }
    }
  }
}

function urlOf({ scheme, host, port, path }: Extract<CheckAttempt, { type: 'http' }>): URL {
  const authority = host.includes(':') ? `[${host}]` : host
  return new URL(`${scheme}://${authority}:${port}${path.startsWith('/') ? path : `/${path}`}`)
}

/** The status after redirects; certificates are not verified, as in Mesos. */
async function httpStatus(url: URL, signal: AbortSignal, redirects = 0): Promise<number> {
  const response = await get(url, signal)
  const { statusCode = 0, headers } = response
  const isRedirect = statusCode >= 300 && statusCode < 400 && headers.location !== undefined
  if (!isRedirect || redirects >= LIMITS.checkRedirectsMax) return statusCode
  return await httpStatus(new URL(headers.location ?? '', url), signal, redirects + 1)
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = { signal, agent: false, headers: { connection: 'close' } }
  const onResponse = (response: IncomingMessage): void => {
    // The body is nobody's business, and a large one must not hold the connection.
    response.on('error', () => undefined)
    response.destroy()
    resolve(response)
  }
  const request =
    url.protocol === 'https:'
      ? httpsRequest(url, { ...options, rejectUnauthorized: false }, onResponse)
      : httpRequest(url, options, onResponse)
  request.on('error', reject)
  request.end()
  return promise
}

function canConnect(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port })
  const onAbort = (): void => {
    socket.destroy()
    reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('connect', () => resolve(true))
  socket.on('error', () => resolve(false))
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  })
}
