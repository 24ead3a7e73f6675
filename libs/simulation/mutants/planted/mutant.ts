/** One small bug that is put in on purpose. The simulation must find it. */
export type Mutant = {
  readonly name: string
  /** Relative to the root of the repository. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Invariants that may notice it. */
  readonly breaks: readonly string[]
}
