/**
 * Values in the order in which they came, in pages. A snapshot takes the pages as they are; the list copies a page that
 * a snapshot has before it changes it. So a snapshot costs the number of pages, whatever is done to the list later.
 */
import { invariant } from '@thermosphere/effects'
import { Page } from './page.ts'

/** Small enough that one page is encoded within a few milliseconds, large enough to be worth a write to a socket. */
const usualPageLength = 128

type Slot<K, V extends object> = { page: Page<V>; readonly keys: K[] }

export class PagedList<K, V extends object> {
  readonly #slots: Slot<K, V>[] = []
  readonly #slotOf = new Map<K, Slot<K, V>>()
  #taken: readonly Page<V>[] | undefined
  readonly #pageLength: number

  /** Less than usual for values that take long to encode. */
  constructor({ pageLength = usualPageLength }: { readonly pageLength?: number } = {}) {
    this.#pageLength = pageLength
  }

  get size(): number {
    return this.#slotOf.size
  }

  has(key: K): boolean {
    return this.#slotOf.has(key)
  }

  /** Replaces the value in its place, or appends. The value must not change afterwards. */
  set(key: K, value: V): void {
    this.#taken = undefined
    const known = this.#slotOf.get(key)
    if (known) {
      known.page = known.page.with(known.keys.indexOf(key), value)
      return
    }
    const slot = this.#lastSlot()
    slot.keys.push(key)
    slot.page = slot.page.append(value)
    this.#slotOf.set(key, slot)
  }

  delete(key: K): boolean {
    const slot = this.#slotOf.get(key)
    if (!slot) return false
    this.#taken = undefined
    this.#slotOf.delete(key)
    const at = slot.keys.indexOf(key)
    slot.keys.splice(at, 1)
    slot.page = slot.page.without(at)
    if (slot.keys.length < this.#pageLength / 2) this.#merge(slot)
    return true
  }

  keys(): IterableIterator<K> {
    return this.#slotOf.keys()
  }

  /** The pages, none of them empty; they stay as they are. */
  snapshot(): readonly Page<V>[] {
    this.#taken ??= this.#slots.map(({ page }) => page.share())
    return this.#taken
  }

  #lastSlot(): Slot<K, V> {
    const last = this.#slots.at(-1)
    if (last && last.keys.length < this.#pageLength) return last
    const slot: Slot<K, V> = { page: new Page<V>([]), keys: [] }
    this.#slots.push(slot)
    return slot
  }

  /** Joins pages that hold little together, so that a list that shrinks does not stay long; takes an empty one away. */
  #merge(slot: Slot<K, V>): void {
    const at = this.#slots.indexOf(slot)
    invariant(at >= 0, 'a page is in its list', {})
    const next = this.#slots[at + 1]
    if (slot.keys.length === 0) this.#slots.splice(at, 1)
    else if (next && slot.keys.length + next.keys.length < this.#pageLength / 2) {
      for (const key of next.keys) this.#slotOf.set(key, slot)
      slot.keys.push(...next.keys)
      slot.page = slot.page.concat(next.page)
      this.#slots.splice(at + 1, 1)
    }
  }
}
