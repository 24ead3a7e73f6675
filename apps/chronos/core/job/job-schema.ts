/** The JSON of a job as clients post it and as it is stored; unknown members are ignored, as in the original. */
import { z } from 'zod'
import { listLengthMax, nameLengthMax, textLengthMax } from '../limits.ts'
import { boolean, double, integer, list, text } from './coerce.ts'

const isName = (name: string): boolean => /^[\w.#-](?:[\w .#-]*[\w.#-])?$/.test(name)
const nameRule = 'letters, digits, space, dot, #, _ and -, no space at either end'

const keyValueSchema = z.object({ key: text(), value: text() })

const portMappingSchema = z.object({ hostPort: text('0'), containerPort: text('0'), protocol: text().optional() })
const networkInfoSchema = z.object({
  name: text(),
  protocol: text().optional(),
  labels: list(keyValueSchema, listLengthMax),
  portMappings: list(portMappingSchema, listLengthMax),
})

const volumeSchema = z.object({
  hostPath: text().optional(),
  containerPath: text(),
  mode: text('RW').pipe(
    z
      .string()
      .toUpperCase()
      .refine((mode) => mode === 'RW' || mode === 'RO', 'allowed: RW, RO'),
  ),
  external: z.object({ name: text(), provider: text(), options: list(keyValueSchema, listLengthMax) }).optional(),
})

const upper = (fallback: string, allowed: readonly string[]) =>
  text(fallback).pipe(
    z
      .string()
      .toUpperCase()
      .refine((value) => allowed.includes(value), `allowed: ${allowed.join(', ')}`),
  )

export const containerSchema = z.object({
  type: upper('DOCKER', ['DOCKER', 'MESOS']),
  image: text().pipe(z.string().min(1, 'a container needs an image')),
  network: upper('HOST', ['HOST', 'BRIDGE', 'USER']),
  networkName: text().optional(),
  networkInfos: list(networkInfoSchema, listLengthMax),
  volumes: list(volumeSchema, listLengthMax),
  forcePullImage: boolean(),
  parameters: list(keyValueSchema, listLengthMax),
})

const fetchSchema = z.object({
  uri: text().pipe(z.string().min(1, 'an entry of fetch needs a uri')),
  executable: boolean(),
  cache: boolean(),
  extract: boolean(true),
  output_file: text().optional(),
})

const constraintSchema = z
  .array(z.unknown())
  .min(3, 'a constraint is [attribute, operator, value]')
  .transform(([attribute, operator, value]) => [String(attribute), String(operator), String(value)] as const)

const bounded = (fallback = '') => text(fallback).pipe(z.string().max(textLengthMax))
const notNegative = (field: z.ZodType<number>) => field.pipe(z.number().min(0, 'must not be negative'))

/** Overlap of a job with itself: wait (`buffer`), let the occurrence go (`skip`), run beside, or end the running one. */
export const overlapPolicies = ['buffer', 'skip', 'allow', 'replace'] as const
/** After a gap: one run for all occurrences, one for each, or none. */
export const catchUps = ['one', 'all', 'none'] as const

export const jobSchema = z.object({
  name: text().pipe(
    z.string().max(nameLengthMax).refine(isName, `the job's name is invalid. Allowed names: '${nameRule}'`),
  ),
  command: bounded(),
  shell: boolean(true),
  executor: bounded(),
  executorFlags: bounded(),
  taskInfoData: bounded(),
  retries: notNegative(integer(2)),
  owner: bounded(),
  ownerName: bounded(),
  description: bounded(),
  successCount: integer(),
  errorCount: integer(),
  lastSuccess: text(),
  lastError: text(),
  cpus: notNegative(double()),
  disk: notNegative(double()),
  mem: notNegative(double()),
  disabled: boolean(),
  softError: boolean(),
  dataProcessingJobType: boolean(),
  errorsSinceLastSuccess: integer(),
  fetch: list(fetchSchema, listLengthMax),
  uris: list(text(), listLengthMax),
  environmentVariables: list(
    z.object({ name: text().pipe(z.string().min(1, 'an environment variable needs a name')), value: text() }),
    listLengthMax,
  ),
  arguments: list(text(), listLengthMax),
  highPriority: boolean(),
  runAsUser: text(),
  concurrent: boolean(),
  maxCompletionTime: notNegative(integer()),
  constraints: list(constraintSchema, listLengthMax),
  container: z.unknown().optional(),
  parents: z.unknown().optional(),
  schedule: z.unknown().optional(),
  scheduleTimeZone: text(),
  epsilon: text().optional(),
  async: boolean().optional(),
  overlapPolicy: z.enum(overlapPolicies).optional(),
  catchUp: z.enum(catchUps).optional(),
  retryDelay: text().optional(),
  retryBackoff: z.object({ factor: z.number().min(1).max(100), max: text().optional() }).optional(),
  /** Another name of `maxCompletionTime`. */
  timeout: text().optional(),
  labels: z.record(z.string().max(textLengthMax), text()).optional(),
})
export type JobDocument = z.infer<typeof jobSchema>
export type JobContainer = z.infer<typeof containerSchema>
