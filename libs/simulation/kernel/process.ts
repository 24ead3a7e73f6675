/** One life of a process on a host. It may end at any event, or between two sends: what it asked for then never is. */
import type { Millis, Random } from '@thermosphere/effects'
import type { LoopClock } from '@thermosphere/service-kit'
import type { CandidateClock } from '@thermosphere/store'
import type { Cancel, VirtualTime } from './virtual-time.ts'

export type ProcessClock = {
  now(): Millis
  after(ms: Millis, run: () => void): Cancel
}

export type ProcessOptions = {
  readonly name: string
  readonly time: VirtualTime
  /** How far the clock of its host is off; may change while it runs. */
  readonly skew?: { ms: Millis }
}

/** A process that wakes comes to its timers that long after what it reads. */
const timersLateMs: Millis = 1

export class SimProcess implements ProcessClock {
  readonly name: string
  readonly time: VirtualTime
  readonly #skew: { readonly ms: Millis }
  readonly #onCrash = new Set<(crash: Crash) => void>()
  readonly #halt = new AbortController()
  #isUp = true
  #pausedUntil = 0
  #asleep: (() => void)[] = []
  /** Timers that came due while it was paused. */
  #overdue: (() => void)[] = []
  #actsLeft = Infinity
  #onLastAct: () => void = () => undefined

  constructor({ name, time, skew = { ms: 0 } }: ProcessOptions) {
    this.name = name
    this.time = time
    this.#skew = skew
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get isPaused(): boolean {
    return this.#pausedUntil > this.time.now
  }

  /** When it last woke from a pause. */
  get awakeSince(): Millis {
    return this.#pausedUntil
  }

  /** Aborts with the process: for core loops. */
  get halt(): AbortSignal {
    return this.#halt.signal
  }

  /** What the clock of its host says. */
  now(): Millis {
    return this.time.now + this.#skew.ms
  }

  after(ms: Millis, run: () => void): Cancel {
    let isLive = true
    const cancel = this.time.after(ms, () => this.#fire(() => isLive && run()))
    return () => {
      // It may be overdue and not have run yet.
      isLive = false
      cancel()
    }
  }

  sleep(ms: Millis): Promise<void> {
    return new Promise((resolve) => void this.after(ms, () => this.settle(resolve)))
  }

  /** Settles a promise; what waits for it goes on before the next event. */
  settle(resolve: () => void): void {
    this.time.stir()
    resolve()
  }

  /** Now, or when it wakes, or never. What came first is done first. */
  run(action: () => void): void {
    if (!this.#isUp) return
    if (!this.isPaused && this.#asleep.length === 0) action()
    else this.#asleep.push(action)
  }

  /** Nothing of it happens for that long, as under SIGSTOP. */
  pause(ms: Millis): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.time.now + ms)
    this.time.after(ms, () => this.#wake())
  }

  /** The end of a pause, before its time. */
  resume(): void {
    this.#pausedUntil = Math.min(this.#pausedUntil, this.time.now)
    this.#wake()
  }

  /** The process ends before its `count`th send or write from now on. */
  crashAtAct(count: number, onCrash: () => void): void {
    this.#actsLeft = count
    this.#onLastAct = onCrash
  }

  /** Before a send or a write: false when the process is gone. */
  act(): boolean {
    if (this.#isUp && --this.#actsLeft <= 0) this.#onLastAct()
    return this.#isUp
  }

  onCrash(action: (crash: Crash) => void): void {
    this.#onCrash.add(action)
  }

  offCrash(action: (crash: Crash) => void): void {
    this.#onCrash.delete(action)
  }

  crash(crash: Crash = { isPowerLoss: false }): void {
    if (!this.#isUp) return
    this.#isUp = false
    this.#asleep = []
    this.#overdue = []
    this.time.stir()
    this.#halt.abort()
    for (const action of this.#onCrash) action(crash)
    this.#onCrash.clear()
  }

  #fire(timer: () => void): void {
    if (!this.#isUp) return
    if (this.isPaused) this.#overdue.push(timer)
    else timer()
  }

  /** As Node does: what has arrived is read, with all that follows from it at once, before timers are looked at. */
  #wake(): void {
    if (this.isPaused) return
    for (let action = this.#asleep.shift(); action !== undefined; action = this.#asleep.shift()) {
      if (!this.#isUp) return
      action()
    }
    const overdue = this.#overdue
    this.#overdue = []
    if (overdue.length > 0) this.time.after(timersLateMs, () => overdue.forEach((timer) => this.#fire(timer)))
  }
}

/** After a loss of power nobody is told that the connections are over. */
export type Crash = { readonly isPowerLoss: boolean }

/** A timer that is due at once waits that long in Node. */
const timeoutMsMin: Millis = 1

/** The clock of a core loop in a process; on a busy machine its timers come late. */
export function loopClockOf(process: SimProcess, timersLateMs: Millis = 0): LoopClock {
  return {
    now: () => process.now(),
    monotonicNow: () => process.time.now,
    immediate: (turn) => process.after(0, turn),
    timeout: (wake, ms) => process.after(Math.max(timeoutMsMin, ms) + timersLateMs, wake),
    sliceNow: () => 0,
  }
}

/** The clock of a candidate in a process. */
export function candidateClockOf(process: SimProcess, random: Random): CandidateClock {
  return {
    now: () => process.time.now,
    sleep: (ms) => process.sleep(ms),
    random: () => random.fraction(),
  }
}
