/** A job as clients see it: the keys of the original in its order. */
import { renderSchedule } from '../schedule/schedule.ts'
import type { JobRecord } from '../state.ts'
import type { Job } from './job.ts'

export type Dialect = '2' | '3'

const constraintTriples = (job: Job): string[][] =>
  job.constraints.map(({ attribute, operator, value }) => [attribute, operator, value])

/** What the original would write had it been asked: 2.x always names epsilon and async, 3.x only what was posted. */
function dialectFields({ job }: JobRecord, dialect: Dialect): object {
  const { trigger } = job
  const posted = trigger.type === 'scheduled' ? trigger.epsilon : undefined
  if (dialect === '3') {
    return { ...(posted !== undefined && { epsilon: posted }), ...(job.async !== undefined && { async: job.async }) }
  }
  return { epsilon: posted ?? 'PT60S', async: job.async ?? false }
}

export function triggerFields(record: JobRecord): object {
  const { trigger } = record.job
  if (trigger.type === 'dependent') return { parents: trigger.parents }
  return {
    schedule: renderSchedule(trigger.schedule, record.cursor, record.left),
    scheduleTimeZone: trigger.zone,
  }
}

/** New members that no client of the original needs. */
function additions(record: JobRecord): object {
  const { job, cursor } = record
  const { overlapPolicy, retryDelay, labels } = job
  const isPaused = job.disabled || cursor.at === undefined || record.left === 0
  return {
    ...(overlapPolicy !== undefined && { overlapPolicy }),
    ...(retryDelay !== undefined && { retryDelay }),
    ...(labels !== undefined && { labels }),
    ...(!isPaused && { nextRun: Temporal.Instant.fromEpochMilliseconds(cursor.at).toString() }),
  }
}

export function jobView(record: JobRecord, dialect: Dialect): Record<string, unknown> {
  const {
    trigger: _trigger,
    constraints: _constraints,
    container,
    retryDelay: _delay,
    retryDelayMs: _ms,
    ...rest
  } = record.job
  const { async: _async, overlapPolicy: _policy, labels: _labels, ...settings } = rest
  return {
    ...settings,
    constraints: constraintTriples(record.job),
    ...(container !== undefined && { container }),
    ...triggerFields(record),
    ...dialectFields(record, dialect),
    ...additions(record),
  }
}

/** Only the listing mirrors `uris` and `fetch` into each other. */
export function listedJobView(record: JobRecord, dialect: Dialect): Record<string, unknown> {
  const view = jobView(record, dialect)
  const { fetch, uris } = record.job
  if (fetch.length > 0) return { ...view, uris: fetch.map(({ uri }) => uri) }
  return { ...view, fetch: uris.map((uri) => ({ uri, executable: false, cache: false, extract: true })) }
}
