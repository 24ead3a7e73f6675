import { z } from '../zod.ts'

/** The parts of Mesos' v1 operator API that the dashboard reads. Unknown members are dropped. */
const id = z.object({ value: z.string() })
const nanoseconds = z.object({ nanoseconds: z.number() })

const resourceSchema = z.object({
  name: z.string(),
  type: z.string().optional(),
  scalar: z.object({ value: z.number() }).optional(),
  ranges: z.object({ range: z.array(z.object({ begin: z.number(), end: z.number() })).default([]) }).optional(),
  role: z.string().optional(),
  allocation_info: z.object({ role: z.string().optional() }).optional(),
  reservations: z.array(z.object({ role: z.string().optional() })).optional(),
  disk: z.object({ persistence: z.object({ id: z.string() }).optional() }).optional(),
})
export type WireResource = z.infer<typeof resourceSchema>

const labelsSchema = z.object({
  labels: z.array(z.object({ key: z.string(), value: z.string().optional() })).default([]),
})

export const statusSchema = z.object({
  task_id: id,
  state: z.string(),
  message: z.string().optional(),
  reason: z.string().optional(),
  source: z.string().optional(),
  timestamp: z.number().optional(),
  healthy: z.boolean().optional(),
  agent_id: id.optional(),
  container_status: z
    .object({
      network_infos: z
        .array(z.object({ ip_addresses: z.array(z.object({ ip_address: z.string().optional() })).default([]) }))
        .optional(),
    })
    .optional(),
})

export const taskSchema = z.object({
  name: z.string(),
  task_id: id,
  framework_id: id,
  executor_id: id.optional(),
  agent_id: id.optional(),
  state: z.string(),
  resources: z.array(resourceSchema).default([]),
  statuses: z.array(statusSchema).default([]),
  labels: labelsSchema.optional(),
  container: z.object({ type: z.string().optional(), docker: z.object({ image: z.string() }).optional() }).optional(),
  user: z.string().optional(),
})

const attributeSchema = z.object({
  name: z.string(),
  text: z.object({ value: z.string() }).optional(),
  scalar: z.object({ value: z.number() }).optional(),
  set: z.object({ item: z.array(z.string()).default([]) }).optional(),
})

export const agentSchema = z.object({
  agent_info: z.object({
    id: id.optional(),
    hostname: z.string(),
    port: z.number().optional(),
    attributes: z.array(attributeSchema).optional(),
  }),
  active: z.boolean(),
  deactivated: z.boolean().optional(),
  version: z.string().optional(),
  pid: z.string().optional(),
  registered_time: nanoseconds.optional(),
  reregistered_time: nanoseconds.optional(),
  total_resources: z.array(resourceSchema).default([]),
  allocated_resources: z.array(resourceSchema).default([]),
  offered_resources: z.array(resourceSchema).default([]),
  capabilities: z.array(z.object({ type: z.string() })).optional(),
  drain_info: z.object({ state: z.string() }).optional(),
})

export const frameworkSchema = z.object({
  framework_info: z.object({
    id: id.optional(),
    name: z.string(),
    user: z.string().optional(),
    hostname: z.string().optional(),
    principal: z.string().optional(),
    role: z.string().optional(),
    roles: z.array(z.string()).optional(),
    webui_url: z.string().optional(),
    checkpoint: z.boolean().optional(),
    failover_timeout: z.number().optional(),
    capabilities: z.array(z.object({ type: z.string() })).optional(),
  }),
  active: z.boolean().optional(),
  connected: z.boolean().optional(),
  recovered: z.boolean().optional(),
  registered_time: nanoseconds.optional(),
  reregistered_time: nanoseconds.optional(),
  unregistered_time: nanoseconds.optional(),
})

export const snapshotSchema = z.object({
  get_tasks: z
    .object({
      tasks: z.array(taskSchema).default([]),
      unreachable_tasks: z.array(taskSchema).default([]),
      completed_tasks: z.array(taskSchema).default([]),
    })
    .default({ tasks: [], unreachable_tasks: [], completed_tasks: [] }),
  get_frameworks: z
    .object({
      frameworks: z.array(frameworkSchema).default([]),
      completed_frameworks: z.array(frameworkSchema).default([]),
    })
    .default({ frameworks: [], completed_frameworks: [] }),
  get_agents: z.object({ agents: z.array(agentSchema).default([]) }).default({ agents: [] }),
})
export type WireSnapshot = z.infer<typeof snapshotSchema>

export const operatorEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('SUBSCRIBED'), subscribed: z.object({ get_state: snapshotSchema.optional() }) }),
  z.object({ type: z.literal('HEARTBEAT') }),
  z.object({ type: z.literal('TASK_ADDED'), task_added: z.object({ task: taskSchema }) }),
  z.object({
    type: z.literal('TASK_UPDATED'),
    task_updated: z.object({ framework_id: id, status: statusSchema, state: z.string() }),
  }),
  z.object({ type: z.literal('FRAMEWORK_ADDED'), framework_added: z.object({ framework: frameworkSchema }) }),
  z.object({ type: z.literal('FRAMEWORK_UPDATED'), framework_updated: z.object({ framework: frameworkSchema }) }),
  z.object({
    type: z.literal('FRAMEWORK_REMOVED'),
    framework_removed: z.object({ framework_info: frameworkSchema.shape.framework_info }),
  }),
  z.object({ type: z.literal('AGENT_ADDED'), agent_added: z.object({ agent: agentSchema }) }),
  z.object({ type: z.literal('AGENT_REMOVED'), agent_removed: z.object({ agent_id: id }) }),
])
export type OperatorEvent = z.infer<typeof operatorEventSchema>

const summaryResources = z.object({
  cpus: z.number().default(0),
  mem: z.number().default(0),
  disk: z.number().default(0),
})

export const stateSummarySchema = z.object({
  slaves: z.array(
    z.object({
      id: z.string(),
      active: z.boolean().default(true),
      deactivated: z.boolean().optional(),
      used_resources: summaryResources,
      offered_resources: summaryResources,
    }),
  ),
  frameworks: z.array(z.object({ id: z.string(), active: z.boolean().optional(), connected: z.boolean().optional() })),
})
export type StateSummary = z.infer<typeof stateSummarySchema>

export const rolesSchema = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      weight: z.number().default(1),
      frameworks: z.array(z.string()).default([]),
      resources: z.record(z.string(), z.unknown()).default({}),
      allocated: z.record(z.string(), z.unknown()).optional(),
      quota: z
        .object({
          guarantee: z.record(z.string(), z.number()).optional(),
          limit: z.record(z.string(), z.number()).optional(),
        })
        .optional(),
    }),
  ),
})

export const filesSchema = z.array(
  z.object({
    path: z.string(),
    size: z.number(),
    mtime: z.number(),
    mode: z.string(),
    nlink: z.number().optional(),
    uid: z.string().optional(),
    gid: z.string().optional(),
  }),
)
export type SandboxFile = z.infer<typeof filesSchema>[number]

export const fileReadSchema = z.object({ data: z.string(), offset: z.number() })
export const versionSchema = z.object({
  version: z.string(),
  build_date: z.string().optional(),
  git_sha: z.string().optional(),
})
export const flagsSchema = z.object({ flags: z.record(z.string(), z.string()) })
export const metricsSchema = z.record(z.string(), z.number())
