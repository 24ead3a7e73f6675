/**
 * The time for a core that measures durations and names dates with one clock. It passes as evenly as monotonic time
 * does, whatever is done to the wall clock, never goes back, and comes to the wall clock's date little by little.
 */
import type { LoopClock } from './loop-clock.ts'

/** Durations are wrong by this share at most while it comes nearer: an hour is made up for in less than a day. */
const correctionShare = 0.05
/** A wall clock that is so far ahead of monotonic time was not set: the machine slept, and the time has passed. */
const sleptMsMin = 2 * 3_600_000

export function steadyClock(clock: LoopClock): LoopClock {
  let lookedAt = clock.monotonicNow()
  let time = clock.now()
  const now = (): number => {
    const at = clock.monotonicNow()
    const elapsedMs = at - lookedAt
    lookedAt = at
    time += elapsedMs
    const offMs = clock.now() - time
    const correctionMs = elapsedMs * correctionShare
    time += offMs >= sleptMsMin ? offMs : Math.max(-correctionMs, Math.min(correctionMs, offMs))
    return Math.floor(time)
  }
  return {
    now,
    monotonicNow: () => clock.monotonicNow(),
    immediate: (turn) => clock.immediate(turn),
    timeout: (wake, ms) => clock.timeout(wake, ms),
    sliceNow: () => clock.sliceNow(),
  }
}
