/**
 * The life of one server process: start, wait for a signal, close in reverse order, leave.
 * Exit status: 0 stopped as asked, 1 could not start or stop, 2 flags, 70 a bug (the supervisor restarts it).
 */
import type { Logger } from 'pino'
import type { LoopSurroundings } from '../loop/core-loop.ts'
import { describeStartupError, isOperational, StartupError } from './startup-error.ts'

export const EXIT_FAILURE = 1
/** EX_SOFTWARE: a promise of our own code was broken. */
export const EXIT_SOFTWARE = 70
/** Whatever does not close within this is left behind; the process must not hang on a stop. */
const CLOSE_ONE_MS = 10_000
/** A supervisor kills after 30 s or so; by then we are gone. */
const CLOSE_ALL_MS = 25_000
/** Time for the loop to run empty by itself after everything was closed. */
const LINGER_MS = 500

type Closer = { readonly name: string; readonly close: () => void | Promise<void>; readonly timeoutMs: number }

/** What a service may do with its own life. */
export interface Lifecycle {
  /** Registers a part to be closed; parts close in reverse order, each within `timeoutMs`. */
  defer(name: string, close: () => void | Promise<void>, options?: { readonly timeoutMs?: number }): void
  /** From now on the life is told to this logger instead of standard error. */
  useLogger(logger: Logger): void
  /** Aborts when stopping begins. */
  readonly signal: AbortSignal
  /** How the loops of its cores run. */
  readonly loop: LoopSurroundings
  /** Stops as a signal would. */
  stop(reason: string): void
  /** Nobody can continue: leaves at once with `status`, else 1 for operational failures, else 70. */
  fatal(error: unknown, status?: number): never
}

class ProcessLifecycle implements Lifecycle {
  readonly loop: LoopSurroundings = {}
  readonly #name: string
  readonly #closers: Closer[] = []
  readonly #abort = new AbortController()
  #logger: Logger | undefined
  #stopping: Promise<number> | undefined
  #exitTimer: NodeJS.Timeout | undefined

  constructor(name: string) {
    this.#name = name
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  defer(name: string, close: () => void | Promise<void>, options: { readonly timeoutMs?: number } = {}): void {
    this.#closers.push({ name, close, timeoutMs: options.timeoutMs ?? CLOSE_ONE_MS })
  }

  useLogger(logger: Logger): void {
    this.#logger = logger
  }

  stop(reason: string): void {
    if (this.#stopping === undefined) this.#logger?.info({ reason }, 'service.stopping')
    void this.leave(0)
  }

  fatal(error: unknown, status?: number): never {
    if (isOperational(error) || error instanceof StartupError) {
      process.stderr.write(`${this.#name}: ${error.message}\n`)
      this.#logger?.fatal({ err: error }, 'service.failed')
      process.exit(status ?? EXIT_FAILURE)
    }
    this.#tell('service.failed', error)
    process.exit(status ?? EXIT_SOFTWARE)
  }

  /** A second signal means: now. */
  onSignal(signal: NodeJS.Signals): void {
    if (this.#stopping !== undefined) process.exit(EXIT_FAILURE)
    this.stop(signal)
  }

  failStart(error: unknown): void {
    const sentence = describeStartupError(error)
    if (sentence === undefined) this.fatal(error)
    process.stderr.write(`${this.#name}: ${sentence}\n`)
    this.#logger?.debug({ err: error }, 'service.start.failed')
    void this.leave(EXIT_FAILURE)
  }

  started(): void {
    this.#logger?.info('service.started')
  }

  async leave(status: number): Promise<void> {
    this.#stopping ??= this.#closeAll()
    const closeStatus = await this.#stopping
    process.exitCode = status === 0 ? closeStatus : status
    this.#logger?.info({ status: process.exitCode }, 'service.stopped')
    if (this.#exitTimer !== undefined) return
    this.#exitTimer = setTimeout(() => {
      this.#logger?.warn({ resources: process.getActiveResourcesInfo() }, 'service.stop.lingering')
      process.exit()
    }, LINGER_MS)
    this.#exitTimer.unref()
  }

  async #closeAll(): Promise<number> {
    this.#abort.abort(new Error(`${this.#name} is stopping`))
    const deadline = Date.now() + CLOSE_ALL_MS
    let status = 0
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      if (!(await this.#closeOne(closer, Math.max(0, deadline - Date.now())))) status = EXIT_FAILURE
    }
    return status
  }

  async #closeOne({ name, close, timeoutMs }: Closer, leftMs: number): Promise<boolean> {
    const boundMs = Math.min(timeoutMs, leftMs)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} did not close within ${boundMs} ms`)), boundMs)
    })
    try {
      await Promise.race([Promise.resolve().then(close), late])
      return true
    } catch (error) {
      // The other parts must still be closed: a port or a lock left open harms the next start.
      this.#tell('service.close.failed', error)
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  #tell(event: string, error: unknown): void {
    if (this.#logger !== undefined) this.#logger.fatal({ err: error }, event)
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    if (this.#logger === undefined) process.stderr.write(`${this.#name}: ${event}: ${text}\n`)
  }
}

/** Runs `start` and then the service until SIGTERM or SIGINT. main.ts of every server is one call of this. */
export async function runService(name: string, start: (lifecycle: Lifecycle) => Promise<void>): Promise<void> {
  const lifecycle = new ProcessLifecycle(name)
  process.on('SIGTERM', (signal) => lifecycle.onSignal(signal))
  process.on('SIGINT', (signal) => lifecycle.onSignal(signal))
  process.on('uncaughtException', (error) => lifecycle.fatal(error))
  process.on('unhandledRejection', (reason) => lifecycle.fatal(reason))
  try {
    await start(lifecycle)
    lifecycle.started()
  } catch (error) {
    if (lifecycle.signal.aborted) return
    lifecycle.failStart(error)
  }
}
