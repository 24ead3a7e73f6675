import type { Job } from '../../api/schemas/chronos.ts'
import type { JsonObject } from '../document/json-document.ts'
import { isObject } from '../document/json-document.ts'

/**
 * Chronos replaces a job whole and takes its counters from the body (chronos-api §4.4): a saved document keeps them, but the
 * form does not show them. `nextRun` is ours to read, not to write.
 */
const counters = ['successCount', 'errorCount', 'errorsSinceLastSuccess', 'lastSuccess', 'lastError'] as const
const readOnly = new Set<string>([...counters, 'nextRun'])
const emptyDefaults = new Set([
  'executor',
  'executorFlags',
  'taskInfoData',
  'ownerName',
  'scheduleTimeZone',
  'description',
  'owner',
  'runAsUser',
])

/** The job as a person edits it: without counters and without what is empty. */
export function editableJob(job: Job): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(job))
  if (!isObject(plain)) return {}
  const isNoise = (key: string, value: unknown) =>
    readOnly.has(key) ||
    value === null ||
    (value === '' && emptyDefaults.has(key)) ||
    (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(plain).filter(([key, value]) => !isNoise(key, value)))
}

/** What is posted: the edited document with the counters of the stored job. */
export function jobToSave(document: JsonObject, stored: Job | undefined): JsonObject {
  if (stored === undefined) return document
  const kept: JsonObject = {}
  for (const name of counters) kept[name] = stored[name]
  return { ...document, ...kept }
}

export const newJob = (parents: readonly string[]): JsonObject =>
  parents.length > 0
    ? { name: '', command: '', parents: [...parents], cpus: 0.1, mem: 64 }
    : { name: '', command: '', schedule: 'R//PT15M', cpus: 0.1, mem: 64 }

/** What is missing before a job can be sent; Chronos would take some of it for something else (no schedule: run now, once). */
export function missingInJob(document: JsonObject): string | undefined {
  if (typeof document['name'] !== 'string' || document['name'].trim() === '') return 'The job needs a name.'
  const parents = document['parents']
  if (Array.isArray(parents)) return parents.length === 0 ? 'Choose at least one job that it follows.' : undefined
  const schedule = document['schedule']
  return typeof schedule === 'string' && schedule.trim() !== '' ? undefined : 'The job needs a schedule.'
}

export const sampleJob: JsonObject = {
  name: 'tick',
  command: 'date; echo "ran on $HOST"',
  schedule: 'R//PT1M',
  cpus: 0.1,
  mem: 32,
  description: 'A sample: prints the time every minute',
}

/** Chronos answers with one sentence; this finds the field it is about. */
export function jobFieldOf(message: string): string | undefined {
  const text = message.toLowerCase()
  if (text.includes('name is invalid') || text.includes("'name'") || text.includes('missing name')) return 'name'
  if (text.includes('time zone') || text.includes('timezone')) return 'scheduleTimeZone'
  if (text.includes('schedule') || text.includes('period') || text.includes('start date')) return 'schedule'
  if (text.includes('parent') || text.includes('cycle')) return 'parents'
  if (text.includes('command')) return 'command'
  return undefined
}
