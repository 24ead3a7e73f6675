import type { Leadership } from '../store.ts'
import type { RemoteEngine } from './engine.ts'

/** A lease that is renewed until it is resigned or lost. */
export class HeldLeadership implements Leadership {
  readonly token: number
  readonly name: string
  readonly #engine: RemoteEngine
  readonly #ttlMs: number
  readonly #abort = new AbortController()
  readonly #onEnd: (held: HeldLeadership) => void
  #renewedAt = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(options: {
    engine: RemoteEngine
    name: string
    token: number
    ttlMs: number
    onEnd: (held: HeldLeadership) => void
  }) {
    this.#engine = options.engine
    this.name = options.name
    this.token = options.token
    this.#ttlMs = options.ttlMs
    this.#onEnd = options.onEnd
    this.#scheduleRenewal()
  }

  /** Exact at each look: a process that was stopped for longer than its lease learns it here, before it acts. */
  get lost(): AbortSignal {
    if (performance.now() - this.#renewedAt >= this.#ttlMs) this.lose('the lease ran out')
    return this.#abort.signal
  }

  async resign(): Promise<void> {
    if (this.lost.aborted) return
    this.lose('leadership was resigned')
    await this.#engine.release({ name: this.name, token: this.token })
  }

  /** Leadership is gone, for a reason that the signal carries. */
  lose(reason: string): void {
    if (this.#abort.signal.aborted) return
    clearTimeout(this.#timer)
    this.#onEnd(this)
    this.#abort.abort(new Error(`${this.name}: ${reason}`))
  }

  #scheduleRenewal(): void {
    this.#timer = setTimeout(() => void this.#renew(), this.#ttlMs / 3)
    this.#timer.unref()
  }

  async #renew(): Promise<void> {
    const { name, token } = this
    // The lease counts from some moment after this one.
    const askedAt = performance.now()
    try {
      const isHeld = await this.#engine.renew({ name, token, ttlMs: this.#ttlMs })
      if (!isHeld) this.lose('another candidate was elected')
      else this.#renewedAt = askedAt
    } catch {
      // A store that cannot be written may recover before the lease runs out; then nothing was lost.
      if (performance.now() - this.#renewedAt >= this.#ttlMs) this.lose('the lease could not be renewed in time')
    }
    if (!this.lost.aborted) this.#scheduleRenewal()
  }
}
