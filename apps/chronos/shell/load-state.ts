/** Reads everything that was kept back into the core's state. */
import { createState, frameworkKey, frameworkSchema, relink } from '@thermosphere/chronos-core'
import { restoreJob, restoreRun, storedJobSchema, storedRunSchema } from '@thermosphere/chronos-core'
import type { ChronosConfig, ChronosState, Run } from '@thermosphere/chronos-core'
import type { Random } from '@thermosphere/effects'
import { listPages, parseStored } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { loadPage } from '../limits.ts'

const jobsPrefix = 'jobs/'
const runsPrefix = 'runs/'

type Surroundings = { readonly config: ChronosConfig; readonly random: Random }

/** Throws STORE_VALUE_INVALID with the key when a value cannot be read. */
export async function loadState(store: Store, surroundings: Surroundings): Promise<ChronosState> {
  const framework = await store.get(frameworkKey)
  const kept: Entry[] = framework === undefined ? [] : [framework]
  for (const prefix of [jobsPrefix, runsPrefix]) {
    for await (const entries of listPages(store, prefix, loadPage)) kept.push(...entries)
  }
  return restoreState(kept, surroundings)
}

/** The state that was kept as these entries, in any order; what lies under other keys is left alone. */
export function restoreState(
  entries: readonly Pick<Entry, 'key' | 'value'>[],
  { config, random }: Surroundings,
): ChronosState {
  const state = createState(config, random)
  const runs: Run[] = []
  for (const { key, value } of entries) {
    if (key === frameworkKey) state.frameworkId = parseStored(frameworkSchema, key, value).frameworkId
    else if (key.startsWith(runsPrefix)) runs.push(restoreRun(parseStored(storedRunSchema, key, value)))
    else if (key.startsWith(jobsPrefix)) {
      const record = restoreJob(parseStored(storedJobSchema, key, value), config.defaults)
      state.jobs.set(record.job.name, record)
      relink(state, undefined, record.job)
    }
  }
  runs.sort((a, b) => (a.endedAt ?? a.queuedAt) - (b.endedAt ?? b.queuedAt))
  for (const run of runs) state.runs.put(run)
  refuseOrphans(state)
  return state
}

/** Under a new id nothing of the old framework can be found again, and its tasks would run a second time. */
function refuseOrphans({ frameworkId, runs }: ChronosState): void {
  const launched = [...runs.active.values()].find((run) => run.launchedAt !== undefined)
  if (frameworkId !== undefined || launched === undefined) return
  throw new Error(`the store has launched runs (${launched.taskId}) but no framework id; restore the store from a copy`)
}
