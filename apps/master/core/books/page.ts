import { encodeItems, itemsOf } from './encoded-items.ts'
import type { EncodedItems } from './encoded-items.ts'
import { carryEncodings } from './page-form.ts'
import type { PageForm } from './page-form.ts'

/** A page of a snapshot, as answers read it. */
export interface PageView<V extends object> {
  readonly values: readonly V[]
  /** Values that are there and not shown. */
  readonly hiddenCount: number
  /** The values in a form, one after the other. */
  pieces(form: PageForm<V>): readonly Uint8Array[]
  /** Each of them alone. */
  items(form: PageForm<V>): Uint8Array[]
}

/**
 * A few values in a row. Shared pages never change; the others belong to their list. Forms keep with a page how it was
 * encoded, and with a copy how what it was copied from was, until it is encoded itself.
 */
export class Page<V extends object> implements PageView<V> {
  /** Pages show all of their values; `SeenPage` may not. */
  readonly hiddenCount = 0
  readonly #values: V[]
  #isShared = false

  constructor(values: V[]) {
    this.#values = values
  }

  get values(): readonly V[] {
    return this.#values
  }

  share(): this {
    this.#isShared = true
    return this
  }

  with(at: number, value: V): Page<V> {
    const page = this.#writable()
    page.#values[at] = value
    return page
  }

  append(value: V): Page<V> {
    const page = this.#writable()
    page.#values.push(value)
    return page
  }

  without(at: number): Page<V> {
    const page = this.#writable()
    page.#values.splice(at, 1)
    return page
  }

  concat(that: Page<V>): Page<V> {
    return this.#copy([...this.#values, ...that.#values])
  }

  #writable(): Page<V> {
    return this.#isShared ? this.#copy([...this.#values]) : this
  }

  #copy(values: V[]): Page<V> {
    const copy = new Page(values)
    carryEncodings(this, copy)
    return copy
  }

  /** The values in this form, one after the other; only for pages of a snapshot. */
  pieces(form: PageForm<V>): readonly Uint8Array[] {
    return this.#encode(form).pieces
  }

  /** Each of them alone. */
  items(form: PageForm<V>): Uint8Array[] {
    return [...itemsOf(this.#encode(form).runs, form.separator.length)]
  }

  #encode(form: PageForm<V>): EncodedItems<V> {
    const known = form.known(this)
    if (known?.values === this.#values) return known
    const fresh = encodeItems(form, this.#values, known)
    form.keep(this, fresh)
    return fresh
  }
}
