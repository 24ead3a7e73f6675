/** Bounds of the core loop. */
export const LOOP_LIMITS = {
  /** Stepping and releasing share one turn; half each keeps a turn under 20 ms, and I/O goes on between turns. */
  sliceMs: 8,
  /** A batch takes no more inputs from here on; handing over more at once would hold up the event loop. */
  batchWritesMax: 4_096,
  /** A sleeping timer looks at the wall clock at least this often, so a clock that was set forward is noticed. */
  timerSleepMsMax: 30_000,
  /** A wall clock that has lost less against monotonic time runs slow; it was not set back. */
  setBackMsMin: 500,
} as const
