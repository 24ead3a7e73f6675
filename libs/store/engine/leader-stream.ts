import type { LeaderView } from '../store.ts'
import { StreamLife } from './stream-life.ts'

type Result = IteratorResult<LeaderView | undefined, undefined>

/** The current leader, then each change. A consumer that is slow sees the newest, not every one in between. */
export class LeaderStream implements AsyncIterableIterator<LeaderView | undefined> {
  readonly #read: () => Promise<LeaderView | undefined>
  readonly #pollMs: number
  readonly #life: StreamLife
  #seen: { readonly view: LeaderView | undefined } | undefined

  constructor(options: {
    read: () => Promise<LeaderView | undefined>
    signal: AbortSignal
    /** A lease can end without any write, when its holder dies. */
    pollMs: number
    onEnd: (stream: LeaderStream) => void
  }) {
    this.#read = options.read
    this.#pollMs = options.pollMs
    this.#life = new StreamLife(options.signal, () => options.onEnd(this))
  }

  notify(): void {
    this.#life.notify()
  }

  end(): void {
    this.#life.end()
  }

  async next(): Promise<Result> {
    while (!this.#life.isEnded) {
      if (!this.#life.isStale) await this.#life.changed(this.#pollMs)
      this.#life.isStale = false
      const view = this.#life.isEnded ? undefined : await this.#readOrEnd()
      if (this.#life.isEnded) break
      if (this.#seen !== undefined && isSame(this.#seen.view, view)) continue
      this.#seen = { view }
      return { done: false, value: view }
    }
    return { done: true, value: undefined }
  }

  return(): Promise<Result> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #readOrEnd(): Promise<LeaderView | undefined> {
    try {
      return await this.#read()
    } catch (error) {
      if (this.#life.isEnded) return undefined
      this.end()
      throw error
    }
  }
}

const isSame = (a: LeaderView | undefined, b: LeaderView | undefined): boolean =>
  a?.token === b?.token && a?.value === b?.value
