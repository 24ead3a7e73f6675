import { crc32 } from 'node:zlib'
import type { Millis } from '@thermosphere/effects'

/** What happened, as one running hash and, when asked for, as lines. The same seed gives the same hash on every run. */
export class Trace {
  readonly lines: string[] = []
  readonly #startAt: Millis
  readonly #isKept: boolean
  #hash = 0

  constructor({ startAt, isKept }: { readonly startAt: Millis; readonly isKept: boolean }) {
    this.#startAt = startAt
    this.#isKept = isKept
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0')
  }

  add(now: Millis, text: string): void {
    const line = `${((now - this.#startAt) / 1000).toFixed(3)} ${text}`
    this.#hash = crc32(line, this.#hash)
    if (this.#isKept) this.lines.push(line)
  }
}
