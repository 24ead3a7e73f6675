/**
 * One armed timer. Identity matters: re-arming a key makes a new one, and the old one is void. `at` counts from when
 * the heap was new, so that it need not change when all timers are advanced.
 */
export type ArmedTimer = { readonly key: string; readonly at: number; readonly order: number }

/** Timers by key, earliest first. Cancelled ones stay in the heap until they surface or outnumber the live ones. */
export class TimerHeap {
  readonly #byKey = new Map<string, ArmedTimer>()
  #heap: ArmedTimer[] = []
  #order = 0
  /** How much earlier than they say all timers are due. */
  #advancedMs = 0

  get size(): number {
    return this.#byKey.size
  }

  /** Arms or re-arms `key`; undefined cancels. */
  set(key: string, at: number | undefined): void {
    if (at === undefined) {
      this.#byKey.delete(key)
      return
    }
    const timer = { key, at: at + this.#advancedMs, order: this.#order++ }
    this.#byKey.set(key, timer)
    this.#push(timer)
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#byKey.size) this.#compact()
  }

  /** Whether this very timer is still armed. */
  isArmed(timer: ArmedTimer): boolean {
    return this.#byKey.get(timer.key) === timer
  }

  /** Disarms `timer` if it is still the armed one of its key, and says so. */
  take(timer: ArmedTimer): boolean {
    return this.isArmed(timer) && this.#byKey.delete(timer.key)
  }

  earliest(): number | undefined {
    this.#dropVoid()
    const [first] = this.#heap
    return first === undefined ? undefined : first.at - this.#advancedMs
  }

  /** All timers that are armed are due so much earlier. */
  advance(ms: number): void {
    this.#advancedMs += ms
  }

  /** The timers due at `now`, earliest first. They stay armed until taken, so that they can still be cancelled. */
  popDue(now: number): ArmedTimer[] {
    const due: ArmedTimer[] = []
    for (;;) {
      this.#dropVoid()
      const first = this.#heap[0]
      if (first === undefined || first.at - this.#advancedMs > now) return due
      this.#pop()
      due.push(first)
    }
  }

  clear(): void {
    this.#byKey.clear()
    this.#heap = []
  }

  #dropVoid(): void {
    for (let first = this.#heap[0]; first !== undefined && !this.isArmed(first); first = this.#heap[0]) this.#pop()
  }

  #compact(): void {
    const live = this.#heap.filter((timer) => this.isArmed(timer))
    live.sort((a, b) => (isBefore(a, b) ? -1 : 1))
    this.#heap = live
  }

  #push(timer: ArmedTimer): void {
    const heap = this.#heap
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || !isBefore(timer, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const childIndex = this.#smallerChild(index)
      const child = heap[childIndex]
      if (child === undefined || !isBefore(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
  }

  #smallerChild(index: number): number {
    const left = this.#heap[2 * index + 1]
    const right = this.#heap[2 * index + 2]
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1
  }
}

const isBefore = (a: ArmedTimer, b: ArmedTimer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
