/** A binary heap: what comes before all others, by `isBefore`, is first. */
export class Heap<T> {
  readonly #isBefore: (a: T, b: T) => boolean
  #items: T[] = []

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above] as T
      if (!this.#isBefore(item, parent)) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  /** Takes the first out. */
  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      const child = this.#smallerChild(at)
      if (child >= items.length || !this.#isBefore(items[child] as T, last)) break
      items[at] = items[child] as T
      at = child
    }
    items[at] = last
    return first
  }

  /** Keeps those for which `isKept` holds. */
  retain(isKept: (item: T) => boolean): void {
    const kept = this.#items.filter(isKept)
    this.#items = []
    for (const item of kept) this.push(item)
  }

  clear(): void {
    this.#items = []
  }

  #smallerChild(at: number): number {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    const items = this.#items
    return right < items.length && this.#isBefore(items[right] as T, items[left] as T) ? right : left
  }
}
