/** Modules of Mesos that are part of this agent. They are named and given their parameters as there. */
import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { z } from 'zod'

export const FIXED_ESTIMATOR = 'org_apache_mesos_FixedResourceEstimator'
export const LOAD_CONTROLLER = 'org_apache_mesos_LoadQoSController'

const MODULES_MAX = 100
const PARAMETERS_MAX = 1000

/** Lists of one may be written without brackets, as Mesos' own examples are. */
const oneOrMore = <T extends z.ZodType>(schema: T, max: number) =>
  z.union([z.array(schema).max(max), schema.transform((one) => [one])])

const parameterSchema = z.object({ key: z.string().max(256), value: z.string().max(65_536) })

const moduleSchema = z.object({
  name: z.enum([FIXED_ESTIMATOR, LOAD_CONTROLLER]),
  parameters: oneOrMore(parameterSchema, PARAMETERS_MAX).optional(),
})

/** Where a library lies is not looked at. */
const librarySchema = z.object({ modules: oneOrMore(moduleSchema, MODULES_MAX) })

export const modulesSchema = z.object({ libraries: oneOrMore(librarySchema, MODULES_MAX) })

type Modules = z.infer<typeof modulesSchema>

/** The value of a module's parameter; undefined when it has none of that name. Throws when the module is not given. */
function parameterOf(modules: Modules | undefined, module: string, key: string): string | undefined {
  const all = (modules?.libraries ?? []).flatMap((library) => library.modules)
  const found = all.find(({ name }) => name === module)
  if (found === undefined) throw new Error(`--modules does not have ${module}`)
  return found.parameters?.find((parameter) => parameter.key === key)?.value
}

/** What the fixed estimator offers: the amounts of its parameter `resources`, all of them revocable. */
export function fixedEstimate(modules: Modules | undefined): mesos.Resource[] {
  const text = parameterOf(modules, FIXED_ESTIMATOR, 'resources')
  if (text === undefined) throw new Error(`${FIXED_ESTIMATOR} needs the parameter resources, as 'cpus:2;mem:512'`)
  return Resources.parse(text, { role: '*' })
    .toWire()
    .map((resource) => revocable(resource))
}

function revocable(resource: mesos.Resource): mesos.Resource {
  if ((resource.reservations?.length ?? 0) > 0 || resource.disk !== undefined) {
    throw new Error(`revocable ${resource.name} can neither be reserved nor be on a disk of its own`)
  }
  return { ...resource, revocable: {} }
}

/** Load averages above which the load controller ends what uses revocable resources; undefined is not looked at. */
export function loadThresholds(modules: Modules | undefined) {
  return {
    fiveMinutes: thresholdOf(modules, 'load_threshold_5min'),
    fifteenMinutes: thresholdOf(modules, 'load_threshold_15min'),
  }
}

function thresholdOf(modules: Modules | undefined, key: string): number | undefined {
  const text = parameterOf(modules, LOAD_CONTROLLER, key)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new Error(`${LOAD_CONTROLLER}: ${key} is ${JSON.stringify(text)}; it must be a number`)
  }
  return value
}
