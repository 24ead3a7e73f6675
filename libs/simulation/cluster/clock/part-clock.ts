import type { Cancel, LoopClock } from '@thermosphere/service-kit'
import type { ClusterClock } from './cluster-clock.ts'

/** Time and turns of the cores of one part. While it is stopped nothing of them runs; what was due runs afterwards. */
export class PartClock implements LoopClock {
  readonly #clock: ClusterClock
  #isStopped = false
  #due: (() => void)[] = []

  constructor(clock: ClusterClock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  /** Nobody sets the clock of a cluster: it is put forward as time passes. */
  monotonicNow(): number {
    return this.#clock.now()
  }

  sliceNow(): number {
    return performance.now()
  }

  immediate(turn: () => void): Cancel {
    let isCancelled = false
    const run = (): void => {
      if (isCancelled) return
      this.#clock.active()
      turn()
    }
    const handle = setImmediate(() => this.#run(run))
    return () => {
      isCancelled = true
      clearImmediate(handle)
    }
  }

  timeout(wake: () => void, ms: number): Cancel {
    let isCancelled = false
    const cancel = this.#clock.schedule(() => this.#run(() => (isCancelled ? undefined : wake())), ms)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  resume(): void {
    this.#isStopped = false
    const due = this.#due
    this.#due = []
    for (const run of due) run()
  }

  #run(run: () => void): void {
    if (this.#isStopped) this.#due.push(run)
    else run()
  }
}
