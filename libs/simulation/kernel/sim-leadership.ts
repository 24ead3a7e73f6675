import type { Millis } from '@thermosphere/effects'
import type { Leadership } from '@thermosphere/store'
import type { SimProcess } from './process.ts'

type Held = { readonly name: string; readonly token: number; readonly ttlMs: Millis; readonly sentAt: Millis }
type Lease = Pick<Held, 'name' | 'token'>

/** The part of the store that a leadership needs. */
export type LeaseKeeper = {
  renew(hold: Lease & { readonly ttlMs: Millis }): Promise<boolean>
  release(hold: Lease): Promise<void>
}

/** A lease, renewed every third of its time. It ends here before it ends in the store: counted from the asking. */
export class SimLeadership implements Leadership {
  readonly token: number
  readonly name: string
  readonly #abort = new AbortController()
  readonly #ttlMs: Millis
  readonly #keeper: LeaseKeeper
  readonly #process: SimProcess
  #goodUntil: Millis

  constructor({ name, token, ttlMs, sentAt }: Held, keeper: LeaseKeeper, process: SimProcess) {
    this.name = name
    this.token = token
    this.#ttlMs = ttlMs
    this.#keeper = keeper
    this.#process = process
    this.#goodUntil = sentAt + ttlMs
    // Node keeps every signal that depends on this one, with all who listen to it, until one of the two aborts.
    process.time.atEnd(() => this.#abort.abort())
    this.#expect()
    this.#renewLater()
  }

  get lost(): AbortSignal {
    return this.#abort.signal
  }

  async resign(): Promise<void> {
    if (this.lost.aborted) return
    this.#lose('leadership was resigned')
    try {
      await this.#keeper.release({ name: this.name, token: this.token })
    } catch {
      // It runs out by itself.
    }
  }

  #lose(reason: string): void {
    if (this.lost.aborted) return
    this.#process.settle(() => this.#abort.abort(new Error(`${this.name}: ${reason}`)))
  }

  /** Nobody else tells a leader that cannot reach the store. */
  #expect(): void {
    const { time } = this.#process
    if (this.lost.aborted) return
    const leftMs = this.#goodUntil - time.now
    if (leftMs <= 0) this.#lose('the lease could not be renewed in time')
    else this.#process.after(leftMs, () => this.#expect())
  }

  #renewLater(): void {
    if (this.lost.aborted) return
    this.#process.after(this.#ttlMs / 3, () => {
      this.#renewLater()
      void this.#renew()
    })
  }

  async #renew(): Promise<void> {
    if (this.lost.aborted) return
    const { name, token } = this
    const sentAt = this.#process.time.now
    try {
      const isHeld = await this.#keeper.renew({ name, token, ttlMs: this.#ttlMs })
      if (!isHeld) this.#lose('another candidate was elected')
      else this.#goodUntil = Math.max(this.#goodUntil, sentAt + this.#ttlMs)
    } catch {
      // A store that cannot be reached may come back before the lease runs out; then nothing was lost.
    }
  }
}
