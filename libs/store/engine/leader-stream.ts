import type { LeaderView } from '../store.ts'

type Result = IteratorResult<LeaderView | undefined, undefined>

/** The current leader, then each change. A consumer that is slow sees the newest, not every one in between. */
export class LeaderStream implements AsyncIterableIterator<LeaderView | undefined> {
  readonly #read: () => Promise<LeaderView | undefined>
  readonly #pollMs: number
  readonly #onEnd: (stream: LeaderStream) => void
  #seen: { readonly view: LeaderView | undefined } | undefined
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.end()
  #isEnded = false
  #isStale = true
  #wake: (() => void) | undefined

  constructor(options: {
    read: () => Promise<LeaderView | undefined>
    signal: AbortSignal
    /** A lease can end without any write, when its holder dies. */
    pollMs: number
    onEnd: (stream: LeaderStream) => void
  }) {
    this.#read = options.read
    this.#pollMs = options.pollMs
    this.#onEnd = options.onEnd
    this.#signal = options.signal
    if (options.signal.aborted) this.end()
    else options.signal.addEventListener('abort', this.#abort, { once: true })
  }

  notify(): void {
    this.#isStale = true
    this.#wake?.()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#signal.removeEventListener('abort', this.#abort)
    this.#onEnd(this)
    this.#wake?.()
  }

  async next(): Promise<Result> {
    while (!this.#isEnded) {
      if (!this.#isStale) await this.#changed()
      this.#isStale = false
      const view = this.#isEnded ? undefined : await this.#readOrEnd()
      if (this.#isEnded) break
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
      if (this.#isEnded) return undefined
      this.end()
      throw error
    }
  }

  async #changed(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, this.#pollMs)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }
}

const isSame = (a: LeaderView | undefined, b: LeaderView | undefined): boolean =>
  a?.token === b?.token && a?.value === b?.value
