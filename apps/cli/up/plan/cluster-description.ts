/** The file of `thermo up --file`: what the options say, in JSON. Pure. */
import { errorMessage } from '@thermosphere/effects'
import { listZodProblems } from '@thermosphere/service-kit'
import { z } from 'zod'
import { CliError } from '../../errors.ts'
import { agentsMax, etcdsMax, groupMax } from '../../limits.ts'
import { partKinds } from './part.ts'
import type { PartKind } from './part.ts'

/** What can be left out; whether there is an etcd follows from `store`. */
export const serverKinds = partKinds.filter((kind) => kind !== 'etcd')

export const defaultPorts: Readonly<Record<PartKind, number>> = {
  etcd: 2379,
  master: 5050,
  agent: 5051,
  marathon: 8080,
  chronos: 4400,
  gateway: 8000,
}

export const storePattern = /^(sqlite|etcd|etcd:\/\/[^/\s]+(\/\S*)?)$/
export const storeHint = 'sqlite, etcd, or the address of one that runs: etcd://host:2379[,host:2379…]/prefix'
export const flagPattern = /^[a-z0-9_-]+(=.*)?$/s

const text = z.string().min(1).max(4096)
const countOf = (max: number, min = 1) => z.number().int().min(min).max(max).optional()
const port = z.number().int().min(1).max(65_535)
const flagsOfPart = z.array(z.string().max(65_536).regex(flagPattern, 'must be name=value or name')).max(100).optional()
const ofEveryKind = <T extends z.ZodType>(schema: T) => ({
  etcd: schema,
  master: schema,
  agent: schema,
  marathon: schema,
  chronos: schema,
  gateway: schema,
})

export const descriptionSchema = z.strictObject({
  cluster: z.string().max(255).optional(),
  masters: countOf(groupMax),
  agents: countOf(agentsMax, 0),
  marathons: countOf(groupMax),
  chronoses: countOf(groupMax),
  store: z.string().max(4096).regex(storePattern, `must be ${storeHint}`).optional(),
  etcds: countOf(etcdsMax),
  resources: text.optional(),
  ip: text.optional(),
  insecure: z.boolean().optional(),
  credential: text.optional(),
  keepTasks: z.boolean().optional(),
  without: z.array(z.enum(serverKinds)).max(serverKinds.length).optional(),
  workDir: text.optional(),
  ports: z.strictObject(ofEveryKind(port.optional())).optional(),
  flags: z.strictObject(ofEveryKind(flagsOfPart)).optional(),
})

/** Values by the names that the options of `thermo up` have. */
export type OptionValues = Readonly<Record<string, unknown>>

/** `path` is for messages. Throws CliError that names every problem. */
export function parseDescription(content: string, path: string): OptionValues {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (cause) {
    const why = errorMessage(cause)
    throw new CliError(`${path} is not JSON: ${why}.`, { exitCode: 2, cause })
  }
  const parsed = descriptionSchema.safeParse(value)
  if (!parsed.success) {
    const problems = listZodProblems(parsed.error, value)
    throw new CliError(
      `${path} does not describe a cluster:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n` +
        'The names and values are those of the options: see `thermo up --help`.',
      { exitCode: 2 },
    )
  }
  const { ports = {}, flags = {}, ...rest } = parsed.data
  const perKind = partKinds.flatMap((kind) => [
    [`${kind}Port`, ports[kind]],
    [`${kind}Flag`, flags[kind]],
  ])
  const given = [...Object.entries(rest), ...perKind].filter(([, one]) => one !== undefined)
  return Object.fromEntries(given) as OptionValues
}
