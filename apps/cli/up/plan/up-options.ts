/** The options of `thermo up`, from the command line and the cluster file alike, as a plan needs them. Pure. */
import { z } from 'zod'
import { CliError } from '../../errors.ts'
import { defaultPorts, descriptionSchema } from './cluster-description.ts'
import type { OptionValues } from './cluster-description.ts'
import type { PlanOptions } from './cluster-plan.ts'
import type { PartKind } from './part.ts'
import type { StoreChoice } from './store-plan.ts'

const { masters, agents, marathons, chronoses, store, etcds, without } = descriptionSchema.shape
const optionsSchema = z.object({
  masters: masters.unwrap().default(1),
  agents: agents.unwrap().default(3),
  marathons: marathons.unwrap().default(1),
  chronoses: chronoses.unwrap().default(1),
  store: store.unwrap().default('sqlite'),
  etcds,
  without: without.unwrap().default([]),
  resources: z.string().optional(),
  ip: z.string().default('127.0.0.1'),
  cluster: z.string().default('thermosphere'),
  insecure: z.boolean().default(false),
  credential: z.string().optional(),
})
const portSchema = z.number().optional()
const flagsSchema = z.array(z.string()).default([])

const ofEveryKind = <T>(valueOf: (kind: PartKind) => T): Record<PartKind, T> => ({
  etcd: valueOf('etcd'),
  master: valueOf('master'),
  agent: valueOf('agent'),
  marathon: valueOf('marathon'),
  chronos: valueOf('chronos'),
  gateway: valueOf('gateway'),
})

function storeChoice(store: string, members: number | undefined): StoreChoice {
  if (store === 'etcd') return { type: 'etcd', members: members ?? 1 }
  if (members !== undefined) {
    throw new CliError('--etcds counts the members of the cluster’s own etcd: give --store etcd with it.', {
      exitCode: 2,
    })
  }
  return store === 'sqlite' ? { type: 'sqlite' } : { type: 'url', url: store }
}

/** `workDir` is absolute. Throws CliError for options that contradict each other. */
export function planOptions(values: OptionValues, workDir: string): PlanOptions {
  const { store, etcds, resources, credential, ...options } = optionsSchema.parse(values)
  const portOf = (kind: PartKind): number | undefined => portSchema.parse(values[`${kind}Port`])
  // The first of the agents comes behind the last of the masters, unless it is told its place.
  const defaultPortOf = (kind: PartKind): number => defaultPorts[kind] + (kind === 'agent' ? options.masters - 1 : 0)
  return {
    ...options,
    resources,
    credential,
    store: storeChoice(store, etcds),
    workDir,
    ports: ofEveryKind((kind) => portOf(kind) ?? defaultPortOf(kind)),
    extraFlags: ofEveryKind((kind) => flagsSchema.parse(values[`${kind}Flag`])),
  }
}
