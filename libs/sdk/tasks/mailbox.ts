/** Values for one reader who may be slow: of more than a bound the newest are kept. */
export class Mailbox<T> implements AsyncIterableIterator<T> {
  readonly #unread: T[] = []
  readonly #unreadMax: number
  readonly #waiting: PromiseWithResolvers<IteratorResult<T>>[] = []
  readonly #onReturn: () => void
  #end: { readonly error?: unknown } | undefined

  constructor(options: { readonly unreadMax: number; readonly onReturn: () => void }) {
    this.#unreadMax = options.unreadMax
    this.#onReturn = options.onReturn
  }

  push(value: T): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) return waiting.resolve({ value, done: false })
    this.#unread.push(value)
    if (this.#unread.length > this.#unreadMax) this.#unread.shift()
  }

  /** What was pushed before can still be read. */
  end(): void {
    this.#end ??= {}
    for (const waiting of this.#waiting.splice(0)) waiting.resolve({ value: undefined, done: true })
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }

  async next(): Promise<IteratorResult<T>> {
    const value = this.#unread.shift()
    if (value !== undefined) return { value, done: false }
    if (this.#end !== undefined && 'error' in this.#end) throw this.#end.error
    if (this.#end !== undefined) return { value: undefined, done: true }
    const waiting = Promise.withResolvers<IteratorResult<T>>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  async return(): Promise<IteratorResult<T>> {
    this.#unread.length = 0
    this.end()
    this.#onReturn()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
