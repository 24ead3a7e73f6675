/** Reads everything that was kept back into the core's state. */
import { createState, frameworkKey, frameworkSchema, relink } from '@thermosphere/chronos-core'
import { restoreJob, restoreRun, storedJobSchema, storedRunSchema } from '@thermosphere/chronos-core'
import type { ChronosConfig, ChronosState, Run } from '@thermosphere/chronos-core'
import type { Random } from '@thermosphere/effects'
import { parseStored } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { loadPage } from '../limits.ts'

async function* entriesOf(store: Store, prefix: string): AsyncGenerator<Entry> {
  for (let after: string | undefined; ;) {
    const page = await store.list(prefix, { limit: loadPage, ...(after !== undefined && { after }) })
    yield* page.entries
    after = page.entries.at(-1)?.key
    if (!page.more || after === undefined) return
  }
}

/** Throws STORE_VALUE_INVALID with the key when a value cannot be read. */
export async function loadState(store: Store, options: { readonly config: ChronosConfig; readonly random: Random }) {
  const state = createState(options.config, options.random)
  const framework = await store.get(frameworkKey)
  if (framework !== undefined) {
    state.frameworkId = parseStored(frameworkSchema, frameworkKey, framework.value).frameworkId
  }
  for await (const { key, value } of entriesOf(store, 'jobs/')) {
    const record = restoreJob(parseStored(storedJobSchema, key, value), options.config.defaults)
    state.jobs.set(record.job.name, record)
    relink(state, undefined, record.job)
  }
  const runs: Run[] = []
  for await (const { key, value } of entriesOf(store, 'runs/')) {
    runs.push(restoreRun(parseStored(storedRunSchema, key, value)))
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
