/**
 * Time that passes when there is nothing left to do at the present moment. Everything that happens is an event here:
 * one queue, ordered by time and then by the order of asking.
 */
import { Heap } from '@thermosphere/effects'
import type { Millis } from '@thermosphere/effects'

type Event = { readonly at: Millis; readonly order: number; readonly run: () => void; isLive: boolean }

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Takes back what was asked for. */
export type Cancel = () => void

export class VirtualTime {
  now: Millis
  eventCount = 0
  readonly #events = new Heap(isBefore)
  #order = 0
  #isStirred = false
  readonly #atEnd: (() => void)[] = []

  constructor(startAt: Millis) {
    this.now = startAt
  }

  after(ms: Millis, run: () => void): Cancel {
    const event = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, run, isLive: true }
    this.#events.push(event)
    return () => void (event.isLive = false)
  }

  /** For what outlives a run unless it is told of its end. */
  atEnd(release: () => void): void {
    this.#atEnd.push(release)
  }

  /** Nothing happens any more. */
  end(): void {
    for (const release of this.#atEnd.splice(0)) release()
  }

  /** A promise was settled: what waits for it goes on before the next event. */
  stir(): void {
    this.#isStirred = true
  }

  /** Lets everything happen that is due by `until`; stops when `onEvent`, called after each event, says false. */
  async runUntil(until: Millis, onEvent: () => boolean): Promise<void> {
    for (let event = this.#pop(until); event !== undefined; event = this.#pop(until)) {
      if (!event.isLive) continue
      this.now = event.at
      this.eventCount++
      event.run()
      await (this.#isStirred ? this.#settled() : undefined)
      if (!onEvent()) return
    }
    this.now = Math.max(this.now, until)
  }

  /** Everything that promises had to say has been said. */
  #settled(): Promise<void> {
    this.#isStirred = false
    return new Promise((resolve) => setImmediate(resolve))
  }

  #pop(until: Millis): Event | undefined {
    const { first } = this.#events
    return first === undefined || first.at > until ? undefined : this.#events.pop()
  }
}
