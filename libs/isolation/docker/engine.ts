/** The requests to the Docker engine that containers need: answers parsed, refusals in our words. */
import { setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import Docker from 'dockerode'
import { asEngineError, statusOf } from './engine-errors.ts'
import { execInspectSchema, inspectSchema, listSchema, statsSchema, waitSchema } from './replies.ts'
import type { DockerInspect, DockerStats } from './replies.ts'
import type { IsolationError } from '../errors.ts'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'

/** What the exec of a command inside a container is and says. */
export type EngineExec = {
  readonly output: AsyncIterable<Buffer>
  inspect(): Promise<{ readonly exitCode: number | undefined; readonly pid: number }>
  stop(): void
}

export class Engine {
  readonly docker: Docker
  readonly socketPath: string
  /** Ends the requests that wait for something to happen. */
  readonly #closing = new AbortController()

  constructor(socketPath: string) {
    this.socketPath = socketPath
    this.docker = new Docker({ socketPath })
    setMaxListeners(0, this.#closing.signal)
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  close(): void {
    this.#closing.abort()
  }

  async create(options: ContainerCreateOptions): Promise<string> {
    const what = `cannot create the container ${options.name ?? ''}`
    return (await this.#ask(what, () => this.docker.createContainer(options))).id
  }

  async start(id: string): Promise<void> {
    await this.#ask('cannot start the container', () => this.docker.getContainer(id).start())
  }

  /** `undefined` when there is no such container. */
  inspect(id: string): Promise<DockerInspect | undefined> {
    const container = this.docker.getContainer(id)
    return this.#askFor('cannot look at the container', async () => inspectSchema.parse(await container.inspect()))
  }

  /** Resolves with the exit code when the container is not running any more; `undefined` when there is none. */
  waitForEnd(id: string): Promise<number | undefined> {
    // As a stream: the client's own wait never ends when the engine goes after it has answered the first line.
    const request = {
      path: `/containers/${id}/wait`,
      method: 'POST',
      isStream: true,
      statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      abortSignal: this.#closing.signal,
    }
    return this.#askFor('cannot wait for the container', async () => {
      const chunks: Buffer[] = []
      for await (const chunk of await this.#dial(request)) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString('utf8')
      if (body === '') throw Object.assign(new Error('the engine stops'), { code: 'ECONNRESET' })
      return waitSchema.parse(JSON.parse(body)).StatusCode
    })
  }

  /** Its output from the start, following until it ends. */
  async followLog(id: string): Promise<AsyncIterable<Buffer>> {
    const options = { follow: true, stdout: true, stderr: true, abortSignal: this.#closing.signal } as const
    const log = await this.#ask('cannot read the output', () => this.docker.getContainer(id).logs(options))
    return log as unknown as AsyncIterable<Buffer>
  }

  /** No-op when it does not run. */
  async kill(id: string, signal: string): Promise<void> {
    const kill = (): Promise<unknown> => this.docker.getContainer(id).kill({ signal })
    await this.#tolerate([404, 409], 'cannot signal the container', kill)
  }

  /** No-op when it is not there, or being removed. */
  async remove(id: string): Promise<void> {
    const remove = (): Promise<unknown> => this.docker.getContainer(id).remove({ force: true, v: true })
    await this.#tolerate([404, 409], 'cannot remove the container', remove)
  }

  async update(id: string, options: HostConfig): Promise<void> {
    await this.#tolerate([404], 'cannot change the limits', () => this.docker.getContainer(id).update(options))
  }

  stats(id: string): Promise<DockerStats | undefined> {
    const container = this.docker.getContainer(id)
    const options = { stream: false, 'one-shot': true } as const
    return this.#askFor('cannot read the usage', async () => statsSchema.parse(await container.stats(options)))
  }

  async listByLabel(name: string, value: string): Promise<readonly { id: string; labels: Record<string, string> }[]> {
    const options = { all: true, filters: { label: [`${name}=${value}`] } }
    const reply = await this.#ask('cannot list the containers', () => this.docker.listContainers(options))
    return listSchema.parse(reply).map(({ Id, Labels }) => ({ id: Id, labels: Labels ?? {} }))
  }

  async exec(id: string, words: readonly string[], environment: readonly string[]): Promise<EngineExec> {
    const what = 'cannot run a command in the container'
    const options = { Cmd: [...words], Env: [...environment], AttachStdout: true, AttachStderr: true }
    const exec = await this.#ask(what, () => this.docker.getContainer(id).exec(options))
    const stream = await this.#ask(what, () => exec.start({ Detach: false, Tty: false }))
    const inspect = async (): Promise<{ exitCode: number | undefined; pid: number }> => {
      const reply = execInspectSchema.parse(await this.#ask(what, () => exec.inspect()))
      return { exitCode: reply.ExitCode ?? undefined, pid: reply.Pid }
    }
    return { output: stream, inspect, stop: () => void stream.destroy() }
  }

  asError(error: unknown, what: string): IsolationError {
    return asEngineError(error, what, this.socketPath)
  }

  #dial(request: Parameters<Docker['modem']['dial']>[0]): Promise<AsyncIterable<Buffer>> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, reply: unknown): void => {
        if (reply instanceof Readable) resolve(reply)
        else reject(error instanceof Error ? error : new Error('the engine gave no stream'))
      }
      this.docker.modem.dial(request, done)
    })
  }

  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw this.asError(error, what)
    }
  }

  /** For requests about a thing that may have gone. */
  async #askFor<T>(what: string, request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request()
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw this.asError(error, what)
    }
  }

  async #tolerate(statuses: readonly number[], what: string, request: () => Promise<unknown>): Promise<void> {
    try {
      await request()
    } catch (error) {
      if (!statuses.includes(statusOf(error) ?? 0)) throw this.asError(error, what)
    }
  }
}
