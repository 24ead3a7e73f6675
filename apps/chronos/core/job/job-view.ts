/** A job as clients see it: the keys of the original in its order. */
import { renderSchedule } from '../schedule/schedule.ts'
import type { JobRecord } from '../state.ts'
import type { Job } from './job.ts'

export type Dialect = '2' | '3'

const constraintTriples = (job: Job): string[][] =>
  job.constraints.map(({ attribute, operator, value }) => [attribute, operator, value])

/** 2.x always names epsilon and async, 3.x only when they were posted. */
function dialectFields({ job }: JobRecord, dialect: Dialect): object {
  const { epsilon, async } = job
  if (dialect === '2') return { epsilon: epsilon ?? 'PT60S', async: async ?? false }
  return { ...(epsilon !== undefined && { epsilon }), ...(async !== undefined && { async }) }
}

export function triggerFields(record: JobRecord): object {
  const { trigger } = record.job
  if (trigger.type === 'dependent') return { parents: trigger.parents }
  return {
    schedule: renderSchedule(trigger.schedule, record.cursor, record.left),
    scheduleTimeZone: trigger.zone,
  }
}

/** New members that no client of the original needs, where they are used. */
function additions({ job, cursor, left }: JobRecord): object {
  const { overlapPolicy, catchUp, retryDelay, retryBackoff, labels } = job
  const given = Object.entries({ overlapPolicy, catchUp, retryDelay, retryBackoff, labels })
  const isPaused = job.disabled || cursor.at === undefined || left === 0
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    ...(!isPaused && { nextRun: Temporal.Instant.fromEpochMilliseconds(cursor.at).toString() }),
  }
}

/** The keys of the original in its order. */
function settingsOf({ job }: JobRecord): Record<string, unknown> {
  const { trigger: _trigger, retryDelayMs: _delayMs, retryBackoffMs: _backoffMs, container, ...rest } = job
  const { epsilon: _epsilon, async: _async, overlapPolicy: _policy, catchUp: _catchUp, ...more } = rest
  const { retryDelay: _delay, retryBackoff: _backoff, labels: _labels, ...settings } = more
  return { ...settings, ...(container !== undefined && { container }), constraints: constraintTriples(job) }
}

export const jobView = (record: JobRecord, dialect: Dialect): Record<string, unknown> => ({
  ...settingsOf(record),
  ...triggerFields(record),
  ...dialectFields(record, dialect),
  ...additions(record),
})

/** Only the listing mirrors `uris` and `fetch` into each other. */
export function listedJobView(record: JobRecord, dialect: Dialect): Record<string, unknown> {
  const view = jobView(record, dialect)
  const { fetch, uris } = record.job
  if (fetch.length > 0) return { ...view, uris: fetch.map(({ uri }) => uri) }
  return { ...view, fetch: uris.map((uri) => ({ uri, executable: false, cache: false, extract: true })) }
}
