/** The parts of an app definition. Enumerations are read in any letter case and written canonically. */
import { z } from 'zod'
import { entriesMax, nameCharsMax, pathIdCharsMax, textCharsMax } from '../limits.ts'

export const text = z.string().max(textCharsMax)
export const name = z.string().max(nameCharsMax)
export const path = z.string().max(pathIdCharsMax)
export const port = z.int().min(0).max(65_535)
const seconds = z.int().min(0)
const unit = z.number().min(0).max(1)

export function list<T extends z.ZodType>(item: T) {
  return z.array(item).max(entriesMax)
}

export function textMap() {
  return z.record(text, text)
}

/** An enumeration of upper-case names, accepted in any letter case. */
export function upperEnum<const T extends readonly string[]>(values: T) {
  return z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(values))
}

function lowerEnum<const T extends readonly string[]>(values: T) {
  return z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(values))
}

const protocolSchema = lowerEnum(['tcp', 'udp', 'udp,tcp', 'tcp,udp']).transform((value) =>
  value === 'tcp,udp' ? 'udp,tcp' : value,
)

export const fetchSchema = z.object({
  uri: z.string().min(1).max(1024),
  extract: z.boolean().default(true),
  executable: z.boolean().default(false),
  cache: z.boolean().default(false),
  destPath: z.string().min(1).max(1024).optional(),
})

export const networkSchema = z.object({
  mode: lowerEnum(['host', 'container', 'container/bridge']).default('container'),
  name: name.optional(),
  labels: textMap().optional(),
})

export const portDefinitionSchema = z.object({
  port: port.default(0),
  protocol: protocolSchema.default('tcp'),
  name: name.optional(),
  labels: textMap().optional(),
})

const portMappingSchema = z.object({
  containerPort: port.default(0),
  hostPort: port.optional(),
  servicePort: port.default(0),
  protocol: protocolSchema.default('tcp'),
  name: name.optional(),
  labels: textMap().default({}),
  networkNames: list(name).optional(),
})

const volumeSchema = z.object({
  containerPath: text,
  hostPath: text.optional(),
  mode: upperEnum(['RO', 'RW']).optional(),
  persistent: z.record(z.string(), z.unknown()).optional(),
  external: z.record(z.string(), z.unknown()).optional(),
  secret: text.optional(),
})

const seccompSchema = z.object({ profileName: text.optional(), unconfined: z.boolean().optional() })
const ipcSchema = z.object({ mode: upperEnum(['PRIVATE', 'SHARE_PARENT']), shmSize: z.int().min(0).optional() })

const dockerSchema = z.object({
  image: text.optional(),
  forcePullImage: z.boolean().default(false),
  privileged: z.boolean().default(false),
  parameters: list(z.object({ key: text, value: text })).default([]),
  pullConfig: z.object({ secret: text }).optional(),
})

const legacyDockerSchema = dockerSchema.extend({
  network: upperEnum(['BRIDGE', 'HOST', 'USER', 'NONE']).optional(),
  portMappings: list(portMappingSchema).optional(),
  credential: z.unknown().optional(),
})

const containerFields = {
  type: upperEnum(['DOCKER', 'MESOS']).default('DOCKER'),
  volumes: list(volumeSchema).default([]),
  portMappings: list(portMappingSchema).optional(),
  linuxInfo: z.object({ seccomp: seccompSchema.optional(), ipcInfo: ipcSchema.optional() }).optional(),
  appc: z.unknown().optional(),
}

export const containerSchema = z.object({ ...containerFields, docker: dockerSchema.optional() })
export const legacyContainerSchema = z.object({ ...containerFields, docker: legacyDockerSchema.optional() })

export const healthCheckSchema = z.object({
  protocol: upperEnum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP']).default('HTTP'),
  path: text.optional(),
  port: port.optional(),
  portIndex: z.int().min(0).optional(),
  command: z.object({ value: text }).optional(),
  gracePeriodSeconds: seconds.default(300),
  intervalSeconds: seconds.default(60),
  timeoutSeconds: seconds.default(20),
  maxConsecutiveFailures: z.int().min(0).default(3),
  delaySeconds: seconds.default(15),
  ignoreHttp1xx: z
    .boolean()
    .default(false)
    .transform(() => false),
  ipProtocol: z.enum(['IPv4', 'IPv6']).default('IPv4'),
})

export const readinessCheckSchema = z.object({
  name: name.default('readinessCheck'),
  protocol: upperEnum(['HTTP', 'HTTPS']).default('HTTP'),
  path: text.default('/'),
  portName: name.default('http-api'),
  intervalSeconds: seconds.default(30),
  timeoutSeconds: z.int().min(1).default(10),
  httpStatusCodesForReady: list(z.int().min(100).max(999)).min(1).default([200]),
  preserveLastResponse: z.boolean().default(false),
})

const checkPort = { portIndex: z.int().min(0).optional(), port: port.optional() }

export const checkSchema = z.object({
  http: z
    .object({ ...checkPort, path: text.optional(), scheme: upperEnum(['HTTP', 'HTTPS']).default('HTTP') })
    .optional(),
  tcp: z.object(checkPort).optional(),
  exec: z.object({ command: z.object({ shell: text.optional(), argv: list(text).optional() }) }).optional(),
  intervalSeconds: seconds.default(60),
  timeoutSeconds: seconds.default(20),
  delaySeconds: seconds.default(15),
})

const limitValue = z.union([z.number().min(0), z.string().max(nameCharsMax)])
export const resourceLimitsSchema = z.object({ cpus: limitValue.optional(), mem: limitValue.optional() })

export const executorResourcesSchema = z.object({
  cpus: z.number().min(0.1).default(0.1),
  mem: z.number().min(32).default(32),
  disk: z.number().min(10).default(10),
})

export const upgradeStrategySchema = z.object({ minimumHealthCapacity: unit, maximumOverCapacity: unit })

export const unreachableStrategySchema = z.union([
  z.literal('disabled'),
  z.object({ inactiveAfterSeconds: seconds.default(0), expungeAfterSeconds: seconds.default(0) }),
])

export const ipAddressSchema = z.object({
  groups: list(text).optional(),
  networkName: name.optional(),
  labels: textMap().optional(),
  discovery: z
    .object({
      ports: list(
        z.object({
          number: port,
          name: name.optional(),
          protocol: protocolSchema.default('tcp'),
          labels: textMap().default({}),
        }),
      ).optional(),
    })
    .optional(),
})
