import { StoreError } from '../errors.ts'
import type { WatchBatch } from '../store.ts'
import type { ChangesPage } from './engine.ts'
import { StreamLife } from './stream-life.ts'

/**
 * One watcher. It keeps only its position and pulls from the change log, so a slow consumer costs no memory;
 * one that is slower than the log is long gets STORE_COMPACTED.
 */
export class WatchStream implements AsyncIterableIterator<WatchBatch> {
  readonly #pull: (fromRevision: number) => Promise<ChangesPage>
  readonly #life: StreamLife
  #position: Promise<number>
  #ready: WatchBatch[] = []

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
    this.#life = new StreamLife(options.signal, () => {
      this.#ready = []
      options.onEnd(this)
    })
  }

  /** Something was committed. */
  notify(): void {
    this.#life.notify()
  }

  end(): void {
    this.#life.end()
  }

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    try {
      for (;;) {
        const batch = this.#ready.shift()
        if (this.#life.isEnded) return { done: true, value: undefined }
        if (batch !== undefined) return { done: false, value: batch }
        if (this.#life.isStale) await this.#fill()
        else await this.#life.changed()
      }
    } catch (error) {
      const wasEnded = this.#life.isEnded
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
    this.#life.isStale = false
    const page = await this.#pull(from)
    this.#position = Promise.resolve(Math.max(from, page.position))
    if (page.position < page.revision) this.#life.isStale = true
    if (!this.#life.isEnded) this.#ready = [...page.batches]
  }
}
