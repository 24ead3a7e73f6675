/**
 * The clock of the cores of one cluster. It goes as the machine's does; `advance` puts it forward from timer to timer,
 * so that whatever would have happened meanwhile happens, in order.
 */
import type { Cancel } from '@thermosphere/service-kit'
import { setTimeout as sleep } from 'node:timers/promises'
import { millisOf } from './duration.ts'
import type { Duration } from './duration.ts'
import { PartClock } from './part-clock.ts'

type Timer = { readonly at: number; readonly wake: () => void; handle: NodeJS.Timeout }

/** Between two looks at whether the cluster has come to rest. */
const lookMs = 1
/** So many looks without anything happening are rest. */
const quietLooks = 3
/** A cluster that never rests, because tasks keep it busy, is put forward all the same. */
const settleMaxMs = 250

export class ClusterClock {
  readonly #isVirtual: boolean
  readonly #timers = new Set<Timer>()
  #aheadMs = 0
  #activity = 0

  constructor(options: { readonly isVirtual: boolean }) {
    this.#isVirtual = options.isVirtual
  }

  /** Milliseconds since the epoch, as the cores see it. */
  readonly now = (): number => Date.now() + this.#aheadMs

  /** Lets time pass for the cores: timers fire in order, and what follows from each is done before the next. */
  async advance(duration: Duration): Promise<void> {
    if (!this.#isVirtual) throw new Error("the clock is the machine's: start the cluster with clock: 'virtual'")
    const until = this.now() + millisOf(duration)
    await this.#settle()
    for (let next = this.#earliest(); next <= until; next = this.#earliest()) {
      this.#jumpTo(next)
      await this.#settle()
    }
    this.#jumpTo(until)
    await this.#settle()
  }

  /** The clock of one part, which can be stopped alone. */
  forPart(): PartClock {
    return new PartClock(this)
  }

  /** Something happened: a core made a step, bytes went over the network. */
  readonly active = (): void => {
    this.#activity++
  }

  schedule(wake: () => void, ms: number): Cancel {
    const timer: Timer = { at: this.now() + ms, wake, handle: setTimeout(() => this.#fire(timer), ms) }
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer.handle)
      this.#timers.delete(timer)
    }
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer)) return
    clearTimeout(timer.handle)
    timer.wake()
  }

  #earliest(): number {
    return Math.min(Infinity, ...[...this.#timers].map(({ at }) => at))
  }

  #jumpTo(at: number): void {
    this.#aheadMs += Math.max(0, at - this.now())
    const now = this.now()
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= now) {
        this.#fire(timer)
        continue
      }
      clearTimeout(timer.handle)
      timer.handle = setTimeout(() => this.#fire(timer), timer.at - now)
    }
  }

  async #settle(): Promise<void> {
    const deadline = performance.now() + settleMaxMs
    let quiet = 0
    while (quiet < quietLooks && performance.now() < deadline) {
      const before = this.#activity
      await sleep(lookMs)
      quiet = this.#activity === before ? quiet + 1 : 0
    }
  }
}
