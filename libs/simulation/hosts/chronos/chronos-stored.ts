/** Whether the store has all that a settled leader knows: what a failover now would lose. */
import { restoreState } from '@thermosphere/chronos/state'
import type { ChronosState, Run } from '@thermosphere/chronos-core'
import { createRandom } from '@thermosphere/effects'
import { differences } from '../scheduler/differences.ts'
import type { StoredEntry } from '../scheduler/differences.ts'
import type { Report } from '../scheduler/report.ts'
import { chronosConfig } from './chronos-config.ts'

export function checkChronosStored(state: ChronosState, entries: readonly StoredEntry[], report: Report): void {
  const stored = restoreState(entries, { config: chronosConfig, random: createRandom(0) })
  for (const difference of differences(viewOf(state), viewOf(stored)))
    report('stored-state-is-the-state', `Chronos ${difference}`)
}

function viewOf(state: ChronosState): Map<string, unknown> {
  return new Map<string, unknown>([
    ['framework', state.frameworkId],
    ...[...state.jobs].map(([name, record]) => [`job ${name}`, record] as const),
    ...[...state.runs.active.values()].map((run) => [`run ${run.taskId}`, kept(run)] as const),
  ])
}

/** Two members of a run live in memory only. */
function kept({ askedAt: _askedAt, waitsFor: _waitsFor, ...run }: Run): unknown {
  return run
}
