import { encodeItems } from './encoded-items.ts'
import type { PageForm } from './page-form.ts'
import type { Page, PageView } from './page.ts'

/** What a reader sees of a value: the value itself, a version of it, or nothing. */
export type Show<V> = (value: V) => V | undefined

const comma = Uint8Array.of(','.charCodeAt(0))

/**
 * What one reader sees of a page. Nothing is looked at before its turn comes, and what is kept for all readers is used:
 * the page as a whole if all of it is seen, else its items; versions are encoded anew.
 */
export class SeenPage<V extends object> implements PageView<V> {
  readonly #page: Page<V>
  readonly #show: Show<V>
  #shown: readonly (V | undefined)[] | undefined

  constructor(page: Page<V>, show: Show<V>) {
    this.#page = page
    this.#show = show
  }

  get values(): readonly V[] {
    return this.#all().filter((value) => value !== undefined)
  }

  get hiddenCount(): number {
    return this.#all().filter((value) => value === undefined).length
  }

  pieces(form: PageForm<V>): readonly Uint8Array[] {
    const { values } = this.#page
    if (this.#all().every((shown, at) => shown === values[at])) return this.#page.pieces(form)
    const items = this.items(form)
    return form.separator === '' ? items : items.flatMap((item, at) => (at === 0 ? item : [comma, item]))
  }

  items(form: PageForm<V>): Uint8Array[] {
    const { values } = this.#page
    const all = this.#all()
    const kept = all.some((shown, at) => shown === values[at]) ? this.#page.items(form) : []
    return all.flatMap((shown, at) => {
      if (shown === undefined) return []
      return (shown === values[at] ? kept[at] : undefined) ?? joined(encodeItems(form, [shown], undefined).pieces)
    })
  }

  #all(): readonly (V | undefined)[] {
    this.#shown ??= this.#page.values.map(this.#show)
    return this.#shown
  }
}

const joined = (pieces: readonly Uint8Array[]): Uint8Array => pieces[0] ?? new Uint8Array()
