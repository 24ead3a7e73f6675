import type { EncodedItems, Form } from './encoded-items.ts'

interface Kept {
  carry(from: object, to: object): void
  age(): void
}

/** All of them; forms are constants. */
const forms: Kept[] = []

/**
 * A form of values that are in pages. What was encoded is kept with its page while the form is asked for: from the
 * second answer on, as most of what is asked for once is not asked for again, until no answer has begun for a while.
 */
export class PageForm<V extends object> implements Form<V> {
  readonly separator: '' | ','
  readonly encode: Form<V>['encode']
  #kept: WeakMap<object, EncodedItems<V>> | undefined
  /** So many times time has passed since an answer began. */
  #age = Infinity

  constructor({ separator, encode }: Form<V>) {
    this.separator = separator
    this.encode = encode
    forms.push(this)
  }

  /** An answer begins. */
  ask(): void {
    if (this.#age <= 1) this.#kept ??= new WeakMap()
    this.#age = 0
  }

  age(): void {
    this.#age++
    if (this.#age > 1) this.#kept = undefined
  }

  /** What is kept of the page, or of the one it came from. */
  known(page: object): EncodedItems<V> | undefined {
    return this.#kept?.get(page)
  }

  keep(page: object, encoded: EncodedItems<V>): void {
    this.#kept?.set(page, encoded)
  }

  /** A page begins as a copy of another. */
  carry(from: object, to: object): void {
    const encoded = this.#kept?.get(from)
    if (encoded) this.#kept?.set(to, encoded)
  }
}

/** An answer in these forms begins; a form may be there more than once. */
export const ask = (...asked: readonly { ask(): void }[]): void => {
  for (const form of new Set(asked)) form.ask()
}

export function carryEncodings(from: object, to: object): void {
  for (const form of forms) form.carry(from, to)
}

/** Time passes: what was not asked for since it last did is dropped. */
export function ageEncodings(): void {
  for (const form of forms) form.age()
}
