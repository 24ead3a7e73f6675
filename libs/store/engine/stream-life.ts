/** What streams of a store share: each ends once, by itself or with its signal, and sleeps while nothing is new. */
export class StreamLife {
  readonly #signal: AbortSignal
  readonly #onEnd: () => void
  readonly #abort = (): void => this.end()
  #isEnded = false
  #wake: (() => void) | undefined
  /** There may be something that was not read yet. */
  isStale = true

  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = signal
    this.#onEnd = onEnd
    if (signal.aborted) this.end()
    else signal.addEventListener('abort', this.#abort, { once: true })
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  notify(): void {
    this.isStale = true
    this.#wake?.()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#signal.removeEventListener('abort', this.#abort)
    this.#onEnd()
    this.#wake?.()
  }

  /** Resolves when something is new, at the end, and after `pollMs` if they are given. */
  async changed(pollMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (pollMs !== undefined) timer = setTimeout(resolve, pollMs)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }
}
