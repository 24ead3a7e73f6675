import { errorMessage } from '@thermosphere/effects'
import type { Lifecycle, Logger, LoopSurroundings } from '@thermosphere/service-kit'

type Closer = { readonly name: string; readonly close: () => void | Promise<void> }

/** The life of a server that is a part of this process: what a signal does to a process, `close` does to it. */
export class HostedLifecycle implements Lifecycle {
  readonly loop: LoopSurroundings
  readonly #abort = new AbortController()
  readonly #closers: Closer[] = []
  readonly #onEnd: (reason: string) => void
  #logger: Logger | undefined

  constructor(options: { readonly loop: LoopSurroundings; readonly onEnd: (reason: string) => void }) {
    this.loop = options.loop
    this.#onEnd = options.onEnd
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  defer(name: string, close: () => void | Promise<void>): void {
    this.#closers.push({ name, close })
  }

  useLogger(logger: Logger): void {
    this.#logger = logger
  }

  stop(reason: string): void {
    this.#onEnd(reason)
  }

  fatal(error: unknown): never {
    this.#logger?.fatal({ err: error }, 'service.failed')
    this.#onEnd(errorMessage(error))
    // A process would be gone here. This one is cut off from everything by `onEnd`; what it still does reaches nobody,
    // and an exception would end all the other parts.
    return undefined as never
  }

  /** Closes what was deferred, in reverse order. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('the part is stopping'))
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close()
      } catch (error) {
        // The other parts of it hold ports and locks that the next start needs.
        this.#logger?.warn({ err: error, part: closer.name }, 'service.close.failed')
      }
    }
  }
}
