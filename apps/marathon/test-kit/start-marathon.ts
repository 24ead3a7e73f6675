/** A whole Marathon on a free port, against a fake master. */
import { createLogger, readFlags } from '@thermosphere/service-kit'
import { EventEmitter } from 'node:events'
import { flags } from '../config.ts'
import { startMarathon } from '../marathon.ts'
import { FakeMaster } from './fake-master.ts'

type Closer = () => void | Promise<void>

/** Stands in for the process: what the real lifecycle does on a signal, `close` does. */
class TestLifecycle {
  readonly closers: Closer[] = []
  readonly events = new EventEmitter()
  readonly signal = new AbortController().signal
  readonly loop = {}

  defer(_name: string, close: Closer): void {
    this.closers.push(close)
  }

  useLogger(): void {
    // The test has no log.
  }

  stop(reason: string): void {
    this.events.emit('stop', reason)
  }

  fatal(error: unknown): never {
    this.events.emit('fatal', error)
    throw error
  }

  async close(): Promise<void> {
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop()) await closer()
  }
}

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown }

type RequestParts = [method: string, path: string, body?: unknown, headers?: Record<string, string>]

export class TestMarathon {
  readonly master = new FakeMaster()
  readonly #argv: readonly string[]
  #lifecycle = new TestLifecycle()
  #masterPort = 0
  url = ''

  constructor(argv: readonly string[] = []) {
    this.#argv = argv
  }

  async start(store = 'memory:'): Promise<void> {
    if (this.#masterPort === 0) this.#masterPort = await this.master.listen()
    const argv = [`--master=127.0.0.1:${this.#masterPort}`, '--http_port=0', `--store=${store}`, ...this.#argv]
    const result = readFlags(flags, { argv, env: {} })
    if (result.kind !== 'config') throw new Error(JSON.stringify(result))
    this.#lifecycle = new TestLifecycle()
    const logger = createLogger({ name: 'marathon', level: 'warn' })
    const { port } = await startMarathon(result.config, logger, this.#lifecycle)
    this.url = `http://127.0.0.1:${port}`
  }

  /** Ends Marathon alone; the master and its tasks go on. */
  async stop(): Promise<void> {
    await this.#lifecycle.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.master.close()
  }

  async request(...[method, path, body, headers = {}]: RequestParts): Promise<Answer> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { ...(text === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(text === undefined ? {} : { body: text }),
    })
    const raw = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, body: isJson && raw !== '' ? JSON.parse(raw) : raw }
  }

  /** Asks again and again until the answer satisfies. */
  async until(path: string, isGood: (body: never) => boolean): Promise<void> {
    for (let i = 0; i < 500; i++) {
      const { body } = await this.request('GET', path)
      if (isGood(body as never)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`${path} never became as expected: ${JSON.stringify((await this.request('GET', path)).body)}`)
  }
}
