import { Heap } from '@thermosphere/effects'

/**
 * One armed timer. Identity matters: re-arming a key makes a new one, and the old one is void. `at` counts from when
 * the heap was new, so that it need not change when all timers are advanced.
 */
export type ArmedTimer = { readonly key: string; readonly at: number; readonly order: number }

const isBefore = (a: ArmedTimer, b: ArmedTimer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Timers by key, earliest first. Cancelled ones stay in the heap until they surface or outnumber the live ones. */
export class TimerHeap {
  readonly #byKey = new Map<string, ArmedTimer>()
  readonly #heap = new Heap(isBefore)
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
    this.#heap.push(timer)
    if (this.#heap.size > 64 && this.#heap.size > 2 * this.#byKey.size) this.#heap.retain((one) => this.isArmed(one))
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
    const { first } = this.#heap
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
      const { first } = this.#heap
      if (first === undefined || first.at - this.#advancedMs > now) return due
      this.#heap.pop()
      due.push(first)
    }
  }

  clear(): void {
    this.#byKey.clear()
    this.#heap.clear()
  }

  #dropVoid(): void {
    const heap = this.#heap
    while (heap.first !== undefined && !this.isArmed(heap.first)) heap.pop()
  }
}
