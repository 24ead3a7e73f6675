/** What every engine must do. Each engine's test calls `storeConformance` with its own harness. */
import { test } from 'node:test'
import { electionCases } from './election.conformance.ts'
import type { StoreHarness } from './harness.ts'
import { runCase } from './harness.ts'
import { keyValueCases } from './key-value.conformance.ts'
import { modelCases } from './model.conformance.ts'
import { watchCases } from './watch.conformance.ts'

export function storeConformance(engine: string, harness: StoreHarness): void {
  for (const each of [...keyValueCases, ...watchCases, ...electionCases, ...modelCases]) {
    void test(`${engine}: ${each.title}`, () => runCase(each, harness))
  }
}
