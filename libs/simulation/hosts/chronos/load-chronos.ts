import {
  createState,
  frameworkKey,
  frameworkSchema,
  relink,
  restoreJob,
  restoreRun,
  storedJobSchema,
  storedRunSchema,
} from '@thermosphere/chronos-core'
import type { ChronosState, Run } from '@thermosphere/chronos-core'
import { invariant } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { parseStored } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { chronosConfig } from './chronos-config.ts'

type Stored = { readonly key: string; readonly value: string }

/** The state as the store has it. */
export async function loadChronos(store: Pick<Store, 'get' | 'list'>, random: Random): Promise<ChronosState> {
  const framework = await store.get(frameworkKey)
  const jobs = await listAll(store, 'jobs/')
  const runs = await listAll(store, 'runs/')
  return restoreChronos([...(framework === undefined ? [] : [framework]), ...jobs, ...runs], random)
}

async function listAll(store: Pick<Store, 'list'>, prefix: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let after: string | undefined; ;) {
    const page = await store.list(prefix, { limit: 100, ...(after !== undefined && { after }) })
    entries.push(...page.entries)
    after = page.entries.at(-1)?.key
    if (!page.more || after === undefined) return entries
  }
}

export function restoreChronos(entries: readonly Stored[], random: Random): ChronosState {
  const state = createState(chronosConfig, random)
  const runs: Run[] = []
  for (const { key, value } of entries) {
    if (key === frameworkKey) state.frameworkId = parseStored(frameworkSchema, key, value).frameworkId
    else if (key.startsWith('runs/')) runs.push(restoreRun(parseStored(storedRunSchema, key, value)))
    else if (key.startsWith('jobs/')) {
      const record = restoreJob(parseStored(storedJobSchema, key, value), chronosConfig.defaults)
      state.jobs.set(record.job.name, record)
      relink(state, undefined, record.job)
    }
  }
  runs.sort((a, b) => (a.endedAt ?? a.queuedAt) - (b.endedAt ?? b.queuedAt))
  for (const run of runs) state.runs.put(run)
  const hasLaunched = [...state.runs.active.values()].some((run) => run.launchedAt !== undefined)
  invariant(state.frameworkId !== undefined || !hasLaunched, 'the store has launched runs but no framework id')
  return state
}
