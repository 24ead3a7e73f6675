/**
 * Whom to ask next for the leader of several servers. It is given what became of each attempt, and answers with the
 * next address, after a pause where one is due:
 *
 * F1 Within a round no server is asked twice: a redirect to one that has just failed is not followed.
 * F2 A round that found nobody is followed by a pause (jittered, exponential); so is the loss of a connection that was
 *    open, so that not everybody comes back at once.
 * F3 News of the source end a pause and the round: the new leader is asked at once.
 */
import { hostOf } from './addresses.ts'
import { REDIRECTS_MAX } from '../limits.ts'
import { createBackoff, delay } from './backoff.ts'
import type { Backoff, BackoffOptions } from './backoff.ts'

/** Yields the leader's address (`host:port` or a URL) now and on every change; undefined while nobody leads. */
export type LeaderSource = (signal: AbortSignal) => AsyncIterable<string | undefined>

/** Where the masters are: their addresses, of which a few are enough, or somebody who knows the leader. */
export type Masters = readonly string[] | LeaderSource

/** What became of an attempt. */
export type Attempted =
  /** The server named another one; `again` when that one may be asked although it has failed, as time has passed. */
  | { readonly type: 'moved'; readonly to: string; readonly again?: boolean }
  /** It was not reached, or nobody leads. */
  | { readonly type: 'failed' }
  /** There was a connection and it ended; `wasStable` when it had lasted. */
  | { readonly type: 'lost'; readonly wasStable: boolean }

/** Whom to ask. `superseded` aborts when another server is known to lead: what is open to this one is of no use. */
export type Attempt = { readonly address: string; readonly superseded: AbortSignal }

export type LeaderFinderOptions = {
  readonly masters: Masters
  readonly backoff: BackoffOptions
  readonly signal: AbortSignal
  /** How it waits; in real time unless given. An abort ends the wait early. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>
}

export class LeaderFinder {
  readonly #addresses: readonly string[]
  readonly #pause: Backoff
  readonly #signal: AbortSignal
  readonly #delay: NonNullable<LeaderFinderOptions['delay']>
  readonly #failed = new Set<string>()
  #leader: string | undefined
  #hint: string | undefined
  #current: { readonly address: string; readonly superseded: AbortController } | undefined
  #index = 0
  #isPauseDue = false
  #news = new AbortController()

  constructor({ masters, backoff, signal, delay: wait = delay }: LeaderFinderOptions) {
    this.#delay = wait
    this.#addresses = typeof masters === 'function' ? [] : masters
    this.#pause = createBackoff(backoff)
    this.#signal = signal
    signal.addEventListener('abort', () => this.#news.abort(), { once: true })
    if (typeof masters === 'function') void this.#follow(masters)
  }

  /** The next attempt, `after` the one before; undefined once the signal has aborted. */
  async next(after?: Attempted): Promise<Attempt | undefined> {
    if (after !== undefined) this.#learn(after)
    let address = this.#isPauseDue ? undefined : this.#pick()
    while (address === undefined && !this.#signal.aborted) {
      await this.#waitForNews()
      this.#startRound()
      address = this.#pick()
    }
    if (address === undefined || this.#signal.aborted) return undefined
    this.#current = { address, superseded: new AbortController() }
    return { address, superseded: this.#current.superseded.signal }
  }

  #learn(after: Attempted): void {
    const { address, superseded } = this.#current ?? {}
    this.#current = undefined
    this.#hint = undefined
    if (address !== undefined) this.#failed.add(hostOf(address))
    if (address !== undefined && this.#addresses[this.#index] === address) this.#index += 1
    if (after.type === 'moved' && after.again === true) this.#failed.clear()
    const mayMove = this.#failed.size <= this.#addresses.length + REDIRECTS_MAX
    if (after.type === 'moved' && mayMove) this.#hint = after.to
    if (after.type !== 'lost') return
    if (after.wasStable) this.#pause.reset()
    this.#isPauseDue = superseded?.signal.aborted !== true
  }

  #pick(): string | undefined {
    const candidates = [this.#hint, this.#leader, ...this.#addresses.slice(this.#index), ...this.#addresses]
    const isUntried = (address: string): boolean => !this.#failed.has(hostOf(address))
    const picked = candidates.find((address) => address !== undefined && isUntried(address))
    const index = picked === undefined ? -1 : this.#addresses.indexOf(picked)
    if (index >= 0) this.#index = index
    return picked
  }

  #startRound(): void {
    this.#failed.clear()
    this.#hint = undefined
    this.#isPauseDue = false
  }

  /** The pause of F2, which news cut short (F3); while there is nobody to ask, only they end it. */
  async #waitForNews(): Promise<void> {
    const { signal } = this.#news
    if (this.#addresses.length > 0 || this.#leader !== undefined) await this.#delay(this.#pause.next(), signal)
    else if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }

  async #follow(source: LeaderSource): Promise<void> {
    for await (const leader of source(this.#signal)) {
      this.#leader = leader
      if (leader === undefined) continue
      this.#startRound()
      const { address, superseded } = this.#current ?? {}
      if (address !== undefined && hostOf(address) !== hostOf(leader)) superseded?.abort()
      this.#pause.reset()
      this.#news.abort()
      this.#news = new AbortController()
    }
  }
}
