/** The app as Marathon's API defines it: as requests may carry it, and as it is kept and shown. */
import { z } from 'zod'
import { idPattern } from '../ids/index.ts'
import { instancesMax, pathIdCharsMax } from '../limits.ts'
import {
  checkSchema,
  containerSchema,
  executorResourcesSchema,
  fetchSchema,
  healthCheckSchema,
  ipAddressSchema,
  legacyContainerSchema,
  list,
  name,
  networkSchema,
  path,
  port,
  portDefinitionSchema,
  readinessCheckSchema,
  resourceLimitsSchema,
  text,
  textMap,
  unreachableStrategySchema,
  upgradeStrategySchema,
  upperEnum,
} from './field-schemas.ts'

const executorPattern = /^(\/\/cmd)|(\/?[^/]+(\/[^/]+)*)|$/
const secretReference = z.object({ secret: text })

/** Fields that read the same in a request and in the stored definition. */
const required = {
  instances: z.int().min(0).max(instancesMax),
  cpus: z.number().min(0.001),
  mem: z.number().min(0),
  disk: z.number().min(0),
  gpus: z.int().min(0),
  executor: text.regex(executorPattern),
  env: z.record(text, z.union([text, secretReference])),
  labels: textMap(),
  role: name,
  constraints: list(list(text)),
  fetch: list(fetchSchema),
  networks: list(networkSchema),
  requirePorts: z.boolean(),
  healthChecks: list(healthCheckSchema),
  readinessChecks: list(readinessCheckSchema),
  dependencies: list(path),
  backoffSeconds: z.number().min(0),
  backoffFactor: z.number().min(1),
  maxLaunchDelaySeconds: z.number().min(0),
  upgradeStrategy: upgradeStrategySchema,
  killSelection: upperEnum(['YOUNGEST_FIRST', 'OLDEST_FIRST']),
  unreachableStrategy: unreachableStrategySchema,
  secrets: z.record(text, z.object({ source: text })),
}

const optional = {
  cmd: text.optional(),
  args: list(text).optional(),
  user: name.optional(),
  resourceLimits: resourceLimitsSchema.optional(),
  executorResources: executorResourcesSchema.optional(),
  acceptedResourceRoles: list(name).optional(),
  portDefinitions: list(portDefinitionSchema).optional(),
  check: checkSchema.optional(),
  taskKillGracePeriodSeconds: z.int().min(0).optional(),
  tty: z.boolean().optional(),
}

const residencySchema = z.object({
  relaunchEscalationTimeoutSeconds: z.int().min(0).default(3600),
  taskLostBehavior: upperEnum(['WAIT_FOREVER', 'RELAUNCH_AFTER_TIMEOUT']).default('WAIT_FOREVER'),
})

/** A body of POST, PUT and PATCH of apps; everything may be absent, the deprecated fields may be there. */
export const appRequestSchema = z.object({
  ...z.object(required).partial().shape,
  ...optional,
  id: z.string().min(1).max(pathIdCharsMax).regex(idPattern).optional(),
  container: legacyContainerSchema.optional(),
  uris: list(text).optional(),
  ports: list(port).optional(),
  ipAddress: ipAddressSchema.optional(),
  residency: residencySchema.optional(),
  version: z.string().max(pathIdCharsMax).optional(),
})
export type AppRequest = z.infer<typeof appRequestSchema>

/** A complete definition in canonical form. `version` names it; `versionInfo` says what changed when. */
export const appSchema = z.object({
  ...required,
  ...optional,
  id: path,
  container: containerSchema.optional(),
  version: z.string(),
  versionInfo: z.object({ lastScalingAt: z.string(), lastConfigChangeAt: z.string() }),
})
export type App = z.infer<typeof appSchema>
export type Container = NonNullable<App['container']>
export type HealthCheck = App['healthChecks'][number]
export type ReadinessCheck = App['readinessChecks'][number]
export type PortMapping = NonNullable<Container['portMappings']>[number]
export type Network = App['networks'][number]
