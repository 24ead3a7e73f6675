import { z } from '../zod.ts'

/** Chronos' API (3.x prefix). Jobs keep unknown members: a job is replaced whole when it is saved. */
export const jobSchema = z.looseObject({
  name: z.string(),
  command: z.string().default(''),
  schedule: z.string().optional(),
  scheduleTimeZone: z.string().default(''),
  parents: z.array(z.string()).optional(),
  retries: z.number().default(2),
  owner: z.string().default(''),
  ownerName: z.string().default(''),
  description: z.string().default(''),
  successCount: z.number().default(0),
  errorCount: z.number().default(0),
  lastSuccess: z.string().default(''),
  lastError: z.string().default(''),
  errorsSinceLastSuccess: z.number().default(0),
  cpus: z.number().default(0.1),
  mem: z.number().default(128),
  disk: z.number().default(256),
  disabled: z.boolean().default(false),
  nextRun: z.string().nullish(),
})
export type Job = z.infer<typeof jobSchema>
export const jobsSchema = z.array(jobSchema)

export const jobSummarySchema = z.looseObject({
  name: z.string(),
  status: z.string().default('fresh'),
  state: z.string().default('idle'),
  schedule: z.string().default(''),
  parents: z.array(z.string()).default([]),
  disabled: z.boolean().default(false),
  nextRun: z.string().nullish(),
})
export type JobSummary = z.infer<typeof jobSummarySchema>
export const jobsSummarySchema = z.object({ jobs: z.array(jobSummarySchema) })

const moment = z.union([z.string(), z.number()])
export const runSchema = z.looseObject({
  id: z.string(),
  job: z.string().optional(),
  attempt: z.number().default(0),
  state: z.string().default(''),
  scheduledAt: moment.nullish(),
  startedAt: moment.nullish(),
  finishedAt: moment.nullish(),
  exitCode: z.number().nullish(),
  message: z.string().nullish(),
  reason: z.string().nullish(),
  agentId: z.string().nullish(),
  frameworkId: z.string().nullish(),
  executorId: z.string().nullish(),
  sandbox: z.string().nullish(),
  taskId: z.string().nullish(),
  cause: z.string().nullish(),
  agentHostname: z.string().nullish(),
  waitsFor: z.string().nullish(),
  startsAt: moment.nullish(),
})
export type WireRun = z.infer<typeof runSchema>
export const runsSchema = z.object({ runs: z.array(runSchema) })

export const queueSchema = z.object({ queue: z.array(runSchema) })

export const chronosEventSchema = z.looseObject({
  type: z.string().optional(),
  name: z.string().optional(),
  jobName: z.string().optional(),
  job: z.union([z.string(), z.looseObject({ name: z.string() })]).optional(),
  run: runSchema.optional(),
})
export type ChronosEvent = z.infer<typeof chronosEventSchema>
export const chronosLeaderSchema = z.object({ leader: z.string() })
