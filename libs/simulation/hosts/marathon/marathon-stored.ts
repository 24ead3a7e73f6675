/** Whether the store has all that a settled leader knows: what a failover now would lose. */
import { createRandom } from '@thermosphere/effects'
import { restoreState } from '@thermosphere/marathon/state'
import type { MarathonState } from '@thermosphere/marathon-core'
import type { Report } from '../scheduler/report.ts'
import { differences } from '../scheduler/differences.ts'
import type { StoredEntry } from '../scheduler/differences.ts'
import { marathonConfig } from './marathon-config.ts'

export function checkMarathonStored(state: MarathonState, entries: readonly StoredEntry[], report: Report): void {
  const stored = restoreState(entries, { config: marathonConfig, random: createRandom(0) })
  for (const difference of differences(viewOf(state), viewOf(stored)))
    report('stored-state-is-the-state', `Marathon ${difference}`)
}

function viewOf(state: MarathonState): Map<string, unknown> {
  return new Map<string, unknown>([
    ['framework', state.frameworkId],
    ...[...state.instances.all()].map((one) => [`instance ${one.id}`, one] as const),
    ...[...state.root.apps].map(([id, app]) => [`app ${id}`, app] as const),
    ...[...state.deployments].map(([id, { step, steps }]) => [`deployment ${id}`, { step, steps }] as const),
  ])
}
