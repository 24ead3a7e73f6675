/** What is kept of jobs and runs, and how it is read again. A value that does not parse stops the start. */
import { z } from 'zod'
import { jobView } from './job/job-view.ts'
import { parseJob } from './job/parse-job.ts'
import type { Defaults } from './job/parse-job.ts'
import type { JobRecord, Run } from './state.ts'

export const frameworkKey = 'framework'
export const jobKey = (name: string): string => `jobs/${encodeURIComponent(name)}`
export const runKey = (run: Run): string => `runs/${encodeURIComponent(run.job)}/${run.id}`

export const frameworkSchema = z.object({ version: z.literal(1), frameworkId: z.string().min(1) })

const cursorSchema = z.object({ index: z.number().int().min(0), at: z.number().optional() })

export const storedJobSchema = z.object({
  version: z.literal(1),
  document: z.record(z.string(), z.unknown()),
  /** As posted: the anchor of the sequence. */
  schedule: z.string().optional(),
  anchoredAt: z.number(),
  cursor: cursorSchema,
  left: z.number().int().min(0).optional(),
  edges: z.record(z.string(), z.number().int()),
  runTimes: z.array(z.number()),
  runCount: z.number().int(),
})
export type StoredJob = z.infer<typeof storedJobSchema>

export function storedJob(record: JobRecord): StoredJob {
  const { job, cursor, left, edges, runTimes, runCount, createdAt } = record
  const { trigger } = job
  return {
    version: 1,
    document: jobView(record, '3'),
    ...(trigger.type === 'scheduled' && { schedule: trigger.schedule.text }),
    anchoredAt: createdAt,
    cursor: cursor.at === undefined ? { index: cursor.index } : { index: cursor.index, at: cursor.at },
    ...(left !== undefined && { left }),
    edges,
    runTimes,
    runCount,
  }
}

/** `R//PT1H` starts at the moment it was posted, which is why that moment is kept. */
export function restoreJob(stored: StoredJob, defaults: Defaults): JobRecord {
  const document = { ...stored.document, ...(stored.schedule !== undefined && { schedule: stored.schedule }) }
  const parsed = parseJob(document, { now: stored.anchoredAt, defaults })
  if (!parsed.ok) throw new Error(`the stored job ${String(stored.document['name'])} is invalid: ${parsed.message}`)
  return {
    job: parsed.job,
    cursor: { index: stored.cursor.index, at: stored.cursor.at },
    left: stored.left,
    edges: { ...stored.edges },
    runTimes: [...stored.runTimes],
    runCount: stored.runCount,
    createdAt: stored.anchoredAt,
  }
}

const instant = z.number()
const unconfirmedSchema = z.object({
  taskId: z.string(),
  attempt: z.number().int().min(0),
  launchedAt: instant,
  agentId: z.string().exactOptional(),
  agentHostname: z.string().exactOptional(),
})

export const storedRunSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  job: z.string(),
  cause: z.enum(['schedule', 'parent', 'manual', 'retry']),
  dueAt: instant,
  attempt: z.number().int().min(0),
  /** Where it is absent every attempt was a retry. */
  retryCount: z.number().int().min(0).optional(),
  arguments: z.array(z.string()),
  taskId: z.string(),
  queuedAt: instant,
  highPriority: z.boolean(),
  expiresAt: instant.optional(),
  state: z.enum(['delayed', 'queued', 'launching', 'running', 'succeeded', 'failed', 'killed', 'dropped', 'missed']),
  startsAt: instant.optional(),
  launchedAt: instant.optional(),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  taskState: z.string().optional(),
  agentId: z.string().optional(),
  agentHostname: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  exitCode: z.number().optional(),
  elements: z.number().optional(),
  occurrences: z.number().optional(),
  unreachableSince: instant.optional(),
  unconfirmed: z.array(unconfirmedSchema).optional(),
  killRequested: z.boolean().optional(),
  isOvertime: z.boolean().optional(),
  isOrphan: z.boolean().optional(),
})

export function storedRun(run: Run): object {
  const { waitsFor: _waitsFor, askedAt: _askedAt, ...kept } = run
  return { version: 1, ...kept }
}

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T

export function restoreRun(stored: z.infer<typeof storedRunSchema>): Run {
  const { version: _version, expiresAt, retryCount = stored.attempt, ...rest } = stored
  return { ...(withoutUndefined({ ...rest, retryCount }) as Omit<Run, 'expiresAt'>), expiresAt }
}
