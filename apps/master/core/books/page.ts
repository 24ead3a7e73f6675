import { encodeItems, itemAt } from './encoded-items.ts'
import type { EncodedItems, Form } from './encoded-items.ts'

/** A few values in a row, with their encodings. Shared ones never change; the others belong to their list. */
export class Page<V extends object> {
  readonly #values: V[]
  readonly #encoded = new Map<Form<V>, EncodedItems<V>>()
  /** Encodings of what the page was before, until they are replaced: what is still the same is taken from them. */
  readonly #before: Map<Form<V>, EncodedItems<V>>
  #isShared = false

  constructor(values: V[], before = new Map<Form<V>, EncodedItems<V>>()) {
    this.#values = values
    this.#before = before
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
    return new Page([...this.#values, ...that.#values], this.#known())
  }

  #writable(): Page<V> {
    return this.#isShared ? new Page([...this.#values], this.#known()) : this
  }

  #known(): Map<Form<V>, EncodedItems<V>> {
    return new Map([...this.#before, ...this.#encoded])
  }

  /** One value in this form. */
  item(form: Form<V>, index: number): Uint8Array {
    return itemAt(this.#encode(form), index, form.separator.length)
  }

  /** The values in this form, one after the other; only for pages of a snapshot. */
  bytes(form: Form<V>): Uint8Array {
    return this.#encode(form).bytes
  }

  #encode(form: Form<V>): EncodedItems<V> {
    const known = this.#encoded.get(form)
    if (known) return known
    const fresh = encodeItems(form, this.#values, this.#before.get(form))
    this.#encoded.set(form, fresh)
    this.#before.delete(form)
    return fresh
  }
}
