import { StoreError } from '../errors.ts'
import type { WatchBatch } from '../store.ts'
import type { ChangesPage } from './engine.ts'

/**
 * One watcher. It keeps only its position and pulls from the change log, so a slow consumer costs no memory;
 * one that is slower than the log is long gets STORE_COMPACTED.
 */
export class WatchStream implements AsyncIterableIterator<WatchBatch> {
  readonly #pull: (fromRevision: number) => Promise<ChangesPage>
  readonly #onEnd: (stream: WatchStream) => void
  #position: Promise<number>
  #ready: WatchBatch[] = []
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.end()
  #isEnded = false
  #isStale = true
  #wake: (() => void) | undefined

  constructor(options: {
    start: Promise<number>
    pull: (fromRevision: number) => Promise<ChangesPage>
    signal: AbortSignal
    onEnd: (stream: WatchStream) => void
  }) {
    this.#position = options.start
    // A rejection is told by the first next(); without one nobody asked.
    options.start.catch(() => undefined)
    this.#pull = options.pull
    this.#onEnd = options.onEnd
    this.#signal = options.signal
    if (options.signal.aborted) this.end()
    else options.signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** Something was committed. */
  notify(): void {
    this.#isStale = true
    this.#wake?.()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#signal.removeEventListener('abort', this.#abort)
    this.#ready = []
    this.#onEnd(this)
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    try {
      for (;;) {
        const batch = this.#ready.shift()
        if (this.#isEnded) return { done: true, value: undefined }
        if (batch !== undefined) return { done: false, value: batch }
        if (this.#isStale) await this.#fill()
        else await this.#changed()
      }
    } catch (error) {
      const wasEnded = this.#isEnded
      this.end()
      if (wasEnded && error instanceof StoreError && error.code === 'STORE_CLOSED')
        return { done: true, value: undefined }
      throw error
    }
  }

  return(): Promise<IteratorResult<WatchBatch, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #fill(): Promise<void> {
    const from = await this.#position
    this.#isStale = false
    const page = await this.#pull(from)
    this.#position = Promise.resolve(Math.max(from, page.position))
    if (page.position < page.revision) this.#isStale = true
    if (!this.#isEnded) this.#ready = [...page.batches]
  }

  async #changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}
