/** A process under a supervisor: when it ends it is started again. */
import type { Millis } from '@thermosphere/effects'
import { SimProcess } from '../kernel/index.ts'
import type { Crash, VirtualTime } from '../kernel/index.ts'

export type MemberOptions = {
  readonly name: string
  readonly time: VirtualTime
  readonly skew?: { ms: Millis }
  /** Starts one life; called again after each end. */
  boot(process: SimProcess): void
  onStart(): void
}

export class Member {
  readonly name: string
  readonly skew: { ms: Millis }
  readonly #options: MemberOptions
  #process: SimProcess
  #isHeld = false
  #latest: Millis

  constructor(options: MemberOptions) {
    this.#options = options
    this.name = options.name
    this.skew = options.skew ?? { ms: 0 }
    this.#latest = this.#clock
    this.#process = this.#create()
    options.boot(this.#process)
  }

  get process(): SimProcess {
    return this.#process
  }

  get isUp(): boolean {
    return this.#process.isUp
  }

  /** The latest time that the clock of its host has told. */
  get latest(): Millis {
    return Math.max(this.#latest, this.#clock)
  }

  /** Somebody sets the clock of its host. */
  setClock(skewMs: Millis): void {
    this.#latest = this.latest
    this.skew.ms = skewMs
  }

  /** Ends it now; it is started again after that long. */
  crash(restartMs: Millis, crash?: Crash): void {
    if (!this.isUp) return
    this.#process.crash(crash)
    this.#options.time.after(restartMs, () => this.start())
  }

  /** Does not start again before `release`. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.start()
  }

  start(): void {
    if (this.isUp || this.#isHeld) return
    this.#process = this.#create()
    this.#options.onStart()
    this.#options.boot(this.#process)
  }

  get #clock(): Millis {
    return this.#options.time.now + this.skew.ms
  }

  #create(): SimProcess {
    const { name, time } = this.#options
    return new SimProcess({ name, time, skew: this.skew })
  }
}
