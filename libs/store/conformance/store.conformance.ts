/** What every engine must do. Each engine's test calls `storeConformance` with its own harness. */
import type { StoreHarness } from './harness.ts'
import { electionConformance } from './election.conformance.ts'
import { keyValueConformance } from './key-value.conformance.ts'
import { modelConformance } from './model.conformance.ts'
import { watchConformance } from './watch.conformance.ts'

export function storeConformance(engine: string, harness: StoreHarness): void {
  keyValueConformance(engine, harness)
  watchConformance(engine, harness)
  electionConformance(engine, harness)
  modelConformance(engine, harness)
}
