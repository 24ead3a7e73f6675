/** Takes back what was scheduled; does nothing once it has run. */
export type Cancel = () => void

/** Where a loop gets its time and its turns from; a simulation gives it a virtual one. */
export interface LoopClock {
  /** Wall time in milliseconds; somebody may set it. */
  now(): number
  /** Milliseconds since some beginning; nobody sets them. */
  monotonicNow(): number
  /** Runs `turn` soon, but not within this call. */
  immediate(turn: () => void): Cancel
  /** Runs `wake` after `ms` milliseconds. */
  timeout(wake: () => void, ms: number): Cancel
  /** Milliseconds that bound how long one turn may work. */
  sliceNow(): number
}

/** The clock of the machine and the event loop of the process. */
export const realLoopClock: LoopClock = {
  now: () => Date.now(),
  immediate: (turn) => {
    const immediate = setImmediate(turn)
    return () => clearImmediate(immediate)
  },
  timeout: (wake, ms) => {
    const timeout = setTimeout(wake, ms)
    return () => clearTimeout(timeout)
  },
  monotonicNow: () => performance.now(),
  sliceNow: () => performance.now(),
}
