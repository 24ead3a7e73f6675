import type { EncodedItems, Form } from './encoded-items.ts'

interface Kept {
  carry(from: object, to: object): void
  age(): void
}

/** All of them; forms are constants. */
const forms: Kept[] = []

/**
 * What is kept of one form. The largest answer of 20,000 agents with 400,000 tasks has this many bytes; beyond it what
 * is kept makes room for what comes.
 */
const keptBytesMax = 512 * 1024 * 1024

/**
 * A form of values that are in pages. What was encoded is kept with its page while the form is asked for: until no
 * answer has begun for a while.
 */
export class PageForm<V extends object> implements Form<V> {
  readonly separator: '' | ','
  readonly encode: Form<V>['encode']
  readonly #keptBytesMax: number
  #kept: WeakMap<object, EncodedItems<V>> | undefined
  /** Of pages that are gone too, until there is no more room. */
  #keptBytes = 0
  #isAsked = false

  constructor({ separator, encode }: Form<V>, limits: { readonly keptBytesMax: number } = { keptBytesMax }) {
    this.separator = separator
    this.encode = encode
    this.#keptBytesMax = limits.keptBytesMax
    forms.push(this)
  }

  /** An answer begins. */
  ask(): void {
    this.#kept ??= new WeakMap()
    this.#isAsked = true
  }

  age(): void {
    if (!this.#isAsked) this.#drop()
    this.#isAsked = false
  }

  #drop(): void {
    this.#kept = undefined
    this.#keptBytes = 0
  }

  /** What is kept of the page, or of the one it came from. */
  known(page: object): EncodedItems<V> | undefined {
    return this.#kept?.get(page)
  }

  keep(page: object, encoded: EncodedItems<V>): void {
    if (!this.#kept) return
    this.#keptBytes += encoded.heldBytes - (this.#kept.get(page)?.heldBytes ?? 0)
    if (this.#keptBytes > this.#keptBytesMax) {
      this.#kept = new WeakMap()
      this.#keptBytes = encoded.heldBytes
    }
    this.#kept.set(page, encoded)
  }

  /** A page begins as a copy of another. */
  carry(from: object, to: object): void {
    const encoded = this.#kept?.get(from)
    if (encoded) this.#kept?.set(to, encoded)
  }
}

/** An answer in these forms begins. */
export const ask = (...asked: readonly { ask(): void }[]): void => {
  for (const form of asked) form.ask()
}

export function carryEncodings(from: object, to: object): void {
  for (const form of forms) form.carry(from, to)
}

/** Time passes: what was not asked for since it last did is dropped. */
export function ageEncodings(): void {
  for (const form of forms) form.age()
}
