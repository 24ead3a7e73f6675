/** Reads the store back into the state. A value that does not parse stops the start. */
import type { Random } from '@thermosphere/effects'
import { z } from 'zod'
import { appSchema } from './app/index.ts'
import type { App } from './app/index.ts'
import type { MarathonConfig } from './config.ts'
import { deploymentSchema, runningDeployment } from './deployment/index.ts'
import { instanceSchema } from './instance/index.ts'
import { createState, keys, storePrefix } from './state/index.ts'
import type { MarathonState } from './state/index.ts'

type StoredEntry = { readonly key: string; readonly value: string }
/** Parses a stored text with a schema; throws with the key when it does not fit. */
export type ParseStored = <T>(schema: z.ZodType<T>, key: string, raw: string) => T

function versioned<T extends z.ZodType>(value: T) {
  return z.object({ version: z.literal(1), value })
}

const groupSchema = z.object({
  id: z.string(),
  dependencies: z.array(z.string()),
  enforceRole: z.boolean().optional(),
  version: z.string(),
})

const rootSchema = versioned(
  z.object({ version: z.string(), groups: z.array(groupSchema), apps: z.record(z.string(), z.string()) }),
)

const failureSchema = versioned(
  z.object({
    appId: z.string(),
    host: z.string(),
    message: z.string(),
    state: z.string(),
    taskId: z.string(),
    timestamp: z.string(),
    version: z.string(),
    slaveId: z.string(),
  }),
)

const storedApp = versioned(appSchema)
const storedInstance = versioned(instanceSchema)
const storedDeployment = versioned(deploymentSchema)
const storedFrameworkId = versioned(z.string())

export function recoverState(
  options: { readonly config: MarathonConfig; readonly random: Random; readonly parse: ParseStored },
  entries: readonly StoredEntry[],
): MarathonState {
  const state = createState(options.config, options.random)
  for (const entry of entries) recoverEntry(state, entry, options.parse)
  for (const versions of state.appVersions.values()) versions.sort(byVersion)
  state.rootVersions.sort(byVersion)
  recoverRoot(state)
  return state
}

function byVersion(left: { readonly version: string }, right: { readonly version: string }): number {
  return left.version < right.version ? -1 : left.version > right.version ? 1 : 0
}

function recoverEntry(state: MarathonState, { key, value }: StoredEntry, parse: ParseStored): void {
  const [kind] = key.slice(storePrefix.length).split('/')
  if (key === keys.frameworkId) state.frameworkId = parse(storedFrameworkId, key, value).value
  else if (kind === 'app') addVersion(state, parse(storedApp, key, value).value)
  else if (kind === 'root') {
    const { version, groups, apps } = parse(rootSchema, key, value).value
    const restored = groups.map((group) => ({ ...group, enforceRole: group.enforceRole }))
    state.rootVersions.push({ version, groups: restored, apps: new Map(Object.entries(apps)) })
  } else if (kind === 'instance') state.instances.add(parse(storedInstance, key, value).value)
  else if (kind === 'deployment') {
    const deployment = parse(storedDeployment, key, value).value
    state.deployments.set(deployment.id, runningDeployment(deployment))
  } else if (kind === 'failure') {
    const failure = parse(failureSchema, key, value).value
    state.failures.set(failure.appId, failure)
  }
}

function addVersion(state: MarathonState, app: App): void {
  const versions = state.appVersions.get(app.id) ?? []
  versions.push(app)
  state.appVersions.set(app.id, versions)
}

function recoverRoot(state: MarathonState): void {
  const newest = state.rootVersions.at(-1)
  if (newest === undefined) return
  const apps = new Map<string, App>()
  for (const [id, version] of newest.apps) {
    const app = state.appVersions.get(id)?.find((candidate) => candidate.version === version)
    if (app !== undefined) apps.set(id, app)
  }
  state.root = { version: newest.version, groups: new Map(newest.groups.map((group) => [group.id, group])), apps }
}
