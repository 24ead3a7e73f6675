import { z } from '../zod.ts'

/** Marathon's v2 API as the dashboard reads it. Apps keep unknown members: they go back when the app is saved. */
const timestamp = z.string()

const marathonTaskSchema = z.looseObject({
  id: z.string(),
  appId: z.string(),
  host: z.string().optional(),
  slaveId: z.string().nullish(),
  state: z.string().default('TASK_STAGING'),
  stagedAt: timestamp.nullish(),
  startedAt: timestamp.nullish(),
  version: timestamp.nullish(),
  ports: z.array(z.number()).default([]),
  ipAddresses: z.array(z.object({ ipAddress: z.string() })).default([]),
  healthCheckResults: z
    .array(
      z.object({
        alive: z.boolean(),
        consecutiveFailures: z.number().optional(),
        firstSuccess: timestamp.nullish(),
        lastSuccess: timestamp.nullish(),
        lastFailure: timestamp.nullish(),
        lastFailureCause: z.string().nullish(),
      }),
    )
    .default([]),
})
export type MarathonTask = z.infer<typeof marathonTaskSchema>

const taskFailureSchema = z.looseObject({
  appId: z.string().optional(),
  host: z.string().optional(),
  message: z.string().default(''),
  state: z.string(),
  taskId: z.string(),
  timestamp,
  version: timestamp.optional(),
  slaveId: z.string().nullish(),
})

const statsSchema = z.object({
  stats: z.object({
    counts: z.object({ staged: z.number(), running: z.number(), healthy: z.number(), unhealthy: z.number() }),
    lifeTime: z.object({ averageSeconds: z.number(), medianSeconds: z.number() }).optional(),
  }),
})

const healthCheckSchema = z.looseObject({ protocol: z.string().optional() })

export const appSchema = z.looseObject({
  id: z.string(),
  cmd: z.string().nullish(),
  args: z.array(z.string()).nullish(),
  instances: z.number(),
  cpus: z.number().default(0),
  mem: z.number().default(0),
  disk: z.number().default(0),
  gpus: z.number().default(0),
  version: timestamp.optional(),
  labels: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string(), z.unknown()).optional(),
  constraints: z.array(z.array(z.string())).optional(),
  dependencies: z.array(z.string()).optional(),
  healthChecks: z.array(healthCheckSchema).optional(),
  upgradeStrategy: z.object({ minimumHealthCapacity: z.number(), maximumOverCapacity: z.number() }).optional(),
  container: z
    .looseObject({ type: z.string().optional(), docker: z.looseObject({ image: z.string() }).optional() })
    .nullish(),
  portDefinitions: z
    .array(z.looseObject({ port: z.number().optional(), name: z.string().optional(), protocol: z.string().optional() }))
    .optional(),
  versionInfo: z.object({ lastScalingAt: timestamp.optional(), lastConfigChangeAt: timestamp.optional() }).optional(),
  tasksStaged: z.number().default(0),
  tasksRunning: z.number().default(0),
  tasksHealthy: z.number().default(0),
  tasksUnhealthy: z.number().default(0),
  deployments: z.array(z.object({ id: z.string() })).default([]),
  tasks: z.array(marathonTaskSchema).default([]),
  lastTaskFailure: taskFailureSchema.nullish(),
  taskStats: z.record(z.string(), statsSchema).nullish(),
})
export type App = z.infer<typeof appSchema>

export const appsSchema = z.object({ apps: z.array(appSchema) })
export const oneAppSchema = z.object({ app: appSchema })
export const versionsSchema = z.object({ versions: z.array(timestamp) })

const actionSchema = z.looseObject({ action: z.string(), app: z.string().optional(), pod: z.string().optional() })
const deploymentSchema = z.looseObject({
  id: z.string(),
  version: timestamp,
  affectedApps: z.array(z.string()).default([]),
  affectedPods: z.array(z.string()).default([]),
  steps: z.array(z.object({ actions: z.array(actionSchema) })).default([]),
  currentActions: z.array(actionSchema).default([]),
  currentStep: z.number().default(0),
  totalSteps: z.number().default(0),
})
export type Deployment = z.infer<typeof deploymentSchema>
export const deploymentsSchema = z.array(deploymentSchema)

const rejectSchema = z.object({ reason: z.string(), declined: z.number(), processed: z.number() })
const offerResourceSchema = z.looseObject({
  name: z.string(),
  scalar: z.number().nullish(),
  ranges: z.array(z.object({ begin: z.number(), end: z.number() })).nullish(),
})
export const queueItemSchema = z.looseObject({
  app: z.looseObject({ id: z.string() }).optional(),
  pod: z.looseObject({ id: z.string() }).optional(),
  count: z.number(),
  role: z.string().optional(),
  since: timestamp.optional(),
  delay: z.object({ timeLeftSeconds: z.number(), overdue: z.boolean() }),
  processedOffersSummary: z
    .object({
      processedOffersCount: z.number().default(0),
      unusedOffersCount: z.number().default(0),
      lastUnusedOfferAt: timestamp.nullish(),
      lastUsedOfferAt: timestamp.nullish(),
      rejectSummaryLastOffers: z.array(rejectSchema).default([]),
      rejectSummaryLaunchAttempt: z.array(rejectSchema).default([]),
    })
    .optional(),
  lastUnusedOffers: z
    .array(
      z.object({
        offer: z.looseObject({
          id: z.string(),
          hostname: z.string(),
          agentId: z.string().optional(),
          resources: z.array(offerResourceSchema).default([]),
        }),
        reason: z.array(z.string()).default([]),
        timestamp: timestamp.optional(),
      }),
    )
    .optional(),
})
export type QueueItem = z.infer<typeof queueItemSchema>
export const queueSchema = z.object({ queue: z.array(queueItemSchema) })

export const groupSchema: z.ZodType<{ id: string; groups?: { id: string }[] | undefined }> = z.looseObject({
  id: z.string(),
  groups: z.array(z.lazy(() => groupSchema)).optional(),
})
export type Group = z.infer<typeof groupSchema>

export const deploymentResultSchema = z.looseObject({
  deploymentId: z.string().optional(),
  version: z.string().optional(),
})
export const marathonInfoSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string(),
  elected: z.boolean().nullish(),
  leader: z.string().nullish(),
  frameworkId: z.string().nullish(),
  marathon_config: z.record(z.string(), z.unknown()).nullish(),
  http_config: z.record(z.string(), z.unknown()).nullish(),
})

const planSchema = z.looseObject({ id: z.string().optional(), steps: z.array(z.unknown()).optional() })
/** Any event: the members that decide what has to be read again or shown. */
export const marathonEventSchema = z.looseObject({
  eventType: z.string(),
  timestamp: timestamp.optional(),
  appId: z.string().optional(),
  runSpecId: z.string().optional(),
  taskId: z.string().optional(),
  taskStatus: z.string().optional(),
  message: z.string().optional(),
  reason: z.string().nullish(),
  host: z.string().optional(),
  alive: z.boolean().optional(),
  groupId: z.string().optional(),
  id: z.string().optional(),
  clientIp: z.string().optional(),
  uri: z.string().optional(),
  plan: planSchema.optional(),
  appDefinition: z.looseObject({ id: z.string() }).optional(),
})
export type MarathonEvent = z.infer<typeof marathonEventSchema>
