import type { Millis } from '@thermosphere/effects'
import type { RateLimit, RateLimits } from './form.ts'

/** A limiter that lags behind this much after a pause does not make up for more. */
const catchUpMs = 1

type Waiting<T> = { readonly item: T; readonly isFree: boolean }

/** Lets one item pass at a time, at a rate, in the order in which they came. */
export class Limiter<T> {
  readonly name: string
  readonly limit: RateLimit
  #waiting: Waiting<T>[] = []
  #nextAt: Millis = 0
  /** Of those that wait, how many take a turn. */
  #heldCount = 0

  constructor(name: string, limit: RateLimit) {
    this.name = name
    this.limit = limit
  }

  /** When `release` is due. */
  get dueAt(): Millis | undefined {
    return this.#waiting.length === 0 ? undefined : Math.ceil(this.#nextAt)
  }

  /** Whether the item passes at once, waits, or finds no room. */
  take(item: T, now: Millis): 'passes' | 'waits' | 'no-room' {
    if (this.#waiting.length === 0 && this.#nextAt <= now) {
      this.#nextAt = now + this.limit.intervalMs
      return 'passes'
    }
    if (this.#heldCount >= this.limit.capacity) return 'no-room'
    this.#waiting.push({ item, isFree: false })
    this.#heldCount++
    return 'waits'
  }

  /** Passes right after what came before it; false if nothing waits. */
  follow(item: T): boolean {
    if (this.#waiting.length === 0) return false
    this.#waiting.push({ item, isFree: true })
    return true
  }

  /** What may pass by now. */
  release(now: Millis): T[] {
    let count = 0
    for (const { isFree } of this.#waiting) {
      if (!isFree && this.#nextAt > now) break
      if (!isFree) this.#takeTurn(now)
      count++
    }
    return this.#waiting.splice(0, count).map(({ item }) => item)
  }

  #takeTurn(now: Millis): void {
    this.#heldCount--
    this.#nextAt = Math.max(this.#nextAt, now - catchUpMs) + this.limit.intervalMs
  }
}

/** The limiters of `--rate_limits`: one a principal that is named, one for all others. */
export class Limiters<T> {
  readonly #limits: RateLimits | undefined
  readonly #limiters = new Map<string, Limiter<T>>()

  constructor(limits: RateLimits | undefined) {
    this.#limits = limits
  }

  /** Undefined for a principal that is not held back. */
  of(principal: string | undefined): Limiter<T> | undefined {
    if (this.#limits === undefined) return undefined
    const { byPrincipal, others } = this.#limits
    const isNamed = principal !== undefined && byPrincipal.has(principal)
    const limit = isNamed ? byPrincipal.get(principal) : others
    if (limit === undefined) return undefined
    const name = isNamed ? `of/${principal}` : 'others'
    const known = this.#limiters.get(name) ?? new Limiter<T>(name, limit)
    this.#limiters.set(name, known)
    return known
  }

  named(name: string): Limiter<T> | undefined {
    return this.#limiters.get(name)
  }
}
