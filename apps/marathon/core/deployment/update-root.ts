/** The one way to change the tree: edit, validate, stamp, plan, check for locks, store, begin. */
import { detailsOf } from '../app/index.ts'
import type { App, Problem } from '../app/index.ts'
import { assignServicePorts, RootEditor, ServicePortsExhausted, validateRoot } from '../group/index.ts'
import type { Group, RootGroup, RootProblem } from '../group/index.ts'
import { resetBackoff } from '../backoff.ts'
import { versionsKeptMax } from '../limits.ts'
import type { ApiResponse } from '../messages.ts'
import { keys } from '../state/index.ts'
import type { RootVersion, StepContext } from '../state/index.ts'
import { formatTimestamp, isDeepStrictEqualTo, parseTimestamp } from '../text/index.ts'
import type { Action, AppChange, Deployment, StoredDeployment } from './deployment.ts'
import { beginDeployment, cancelDeployment } from './deployments.ts'
import { changesBetween, isConfigChanged, planSteps, stampVersions } from './plan.ts'

export type RootUpdate = {
  /** Where the change was asked for, for `group_change_success`. */
  readonly groupId: string
  readonly force: boolean
  readonly restart?: ReadonlySet<string>
  readonly kill?: ReadonlyMap<string, readonly string[]>
  readonly dryRun?: boolean
  /** Where in the request an app was, for the paths of problems; without it the request is the app. */
  readonly pathOf?: (appId: string) => string | undefined
  /** Makes the change; an answer refuses it. */
  readonly edit: (editor: RootEditor) => ApiResponse | undefined
}

export type RootOutcome =
  | { readonly kind: 'refused'; readonly response: ApiResponse }
  | { readonly kind: 'planned'; readonly steps: readonly (readonly Action[])[] }
  | { readonly kind: 'begun'; readonly deploymentId: string; readonly version: string }

const lockMessage =
  "App is locked by one or more deployments. Override with the option '?force=true'. " +
  "View details at '/v2/deployments/<DEPLOYMENT_ID>'."

export function invalid(problems: readonly Problem[]): ApiResponse {
  return { status: 422, body: { message: 'Object is not valid', details: detailsOf(problems) } }
}

function placed(problems: readonly RootProblem[], { pathOf }: RootUpdate): Problem[] {
  return problems.map(({ appId, path, error }) => {
    const place = appId === undefined ? undefined : pathOf?.(appId)
    return { path: place === undefined ? path : place + (path === '/' ? '' : path), error }
  })
}

function nextVersion(ctx: StepContext): string {
  const last = parseTimestamp(ctx.state.root.version) ?? 0
  return formatTimestamp(Math.max(ctx.now, last + 1))
}

function rootEditor(ctx: StepContext): RootEditor {
  return new RootEditor(ctx.state.root, { enforceRoleOfNew: ctx.state.config.newGroupEnforceRole })
}

export function updateRoot(ctx: StepContext, update: RootUpdate): RootOutcome {
  const version = nextVersion(ctx)
  const editor = rootEditor(ctx)
  const refusal = update.edit(editor)
  if (refusal !== undefined) return { kind: 'refused', response: refusal }
  const edited = editor.finish(version)
  const problems = validateRoot(ctx.state.root, edited, rulesOf(ctx))
  if (problems.length > 0) return { kind: 'refused', response: invalid(placed(problems, update)) }
  const ported = withPorts(ctx, edited)
  if ('status' in ported) return { kind: 'refused', response: ported }
  const restart = update.restart ?? new Set()
  const next = stampVersions(ctx.state.root, ported, { version, restart })
  const changes = changesBetween(ctx.state.root, next)
  const steps = planSteps(next, changes, { restart, kill: update.kill ?? new Map() })
  if (update.dryRun === true) return { kind: 'planned', steps }
  return commit(ctx, next, { update, changes, steps })
}

function rulesOf(ctx: StepContext) {
  const { features, mesosRole, appsMax } = ctx.state.config
  return { features, mesosRole, appsMax }
}

function withPorts(ctx: StepContext, edited: RootGroup): RootGroup | ApiResponse {
  try {
    const { localPortMin, localPortMax } = ctx.state.config
    return assignServicePorts(ctx.state.root, edited, { min: localPortMin, max: localPortMax })
  } catch (error) {
    if (error instanceof ServicePortsExhausted) return { status: 500, body: { message: error.message } }
    throw error
  }
}

type Commit = {
  readonly update: RootUpdate
  readonly changes: readonly AppChange[]
  readonly steps: readonly Action[][]
}

function commit(ctx: StepContext, next: RootGroup, { update, changes, steps }: Commit): RootOutcome {
  const { state } = ctx
  const affected = new Set(steps.flatMap((step) => step.map(({ app }) => app)))
  const conflicts = conflictsWith(state.deployments.values(), affected)
  const refusal = refuse(ctx, conflicts, { force: update.force, isEmpty: steps.length === 0 })
  if (refusal !== undefined) return { kind: 'refused', response: refusal }
  for (const deployment of conflicts) cancelDeployment(ctx, deployment, 'canceled by a forced deployment')
  const { version } = next
  const createdGroups = [...next.groups.keys()].filter((id) => !state.root.groups.has(id))
  if (changes.length > 0 || areGroupsChanged(state.root, next)) storeRoot(ctx, next, changes)
  ctx.event('group_change_success', { groupId: update.groupId, version })
  const deployment: StoredDeployment = {
    id: state.random.uuid(),
    version,
    steps: [...steps],
    step: 0,
    changes: changes.filter(({ id }) => affected.has(id)),
    createdGroups,
  }
  beginDeployment(ctx, deployment)
  return { kind: 'begun', deploymentId: deployment.id, version }
}

function conflictsWith(deployments: Iterable<Deployment>, affected: ReadonlySet<string>): Deployment[] {
  return [...deployments].filter((deployment) => !deployment.affected.isDisjointFrom(affected))
}

function refuse(
  ctx: StepContext,
  conflicts: readonly Deployment[],
  { force, isEmpty }: { readonly force: boolean; readonly isEmpty: boolean },
): ApiResponse | undefined {
  if (isEmpty) return undefined
  const { deploymentsMax } = ctx.state.config
  if (conflicts.length > 0 && !force)
    return { status: 409, body: { message: lockMessage, deployments: conflicts.map(({ id }) => ({ id })) } }
  if (ctx.state.deployments.size < deploymentsMax) return undefined
  const message =
    `Max number (${deploymentsMax}) of running deployments is achieved. Wait for existing deployments to complete ` +
    'or cancel oneusing force=true parameter. You can increase max deployment number by using ' +
    '--max_running_deployments parameter but be advised that this can have negative effects on the performance.'
  return { status: 403, body: { message } }
}

/** A request that changes nothing leaves no version behind. */
function areGroupsChanged(before: RootGroup, after: RootGroup): boolean {
  const content = ({ version: _version, ...group }: Group): unknown => group
  if (before.groups.size !== after.groups.size) return true
  return [...after.groups].some(([id, group]) => {
    const previous = before.groups.get(id)
    return previous === undefined || !isDeepStrictEqualTo(content(previous), content(group))
  })
}

function storeRoot(ctx: StepContext, next: RootGroup, changes: readonly AppChange[]): void {
  const { state } = ctx
  const before = state.root
  state.root = next
  for (const change of changes) {
    if (change.after !== undefined) keepVersion(ctx, change.after)
    if (change.before && change.after && isConfigChanged(change.before, change.after)) resetBackoff(ctx, change.id)
  }
  const apps = new Map([...next.apps].map(([id, app]) => [id, app.version]))
  const record: RootVersion = { version: next.version, groups: [...next.groups.values()], apps }
  state.rootVersions.push(record)
  ctx.put(keys.root(next.version), { ...record, apps: Object.fromEntries(apps) })
  ctx.isDemandChanged = true
  pruneRoots(ctx)
  for (const id of before.apps.keys()) if (!next.apps.has(id)) pruneApps(ctx, id)
}

function keepVersion(ctx: StepContext, app: App): void {
  const versions = ctx.state.appVersions.get(app.id) ?? []
  versions.push(app)
  ctx.state.appVersions.set(app.id, versions)
  ctx.put(keys.app(app.id, app.version), app)
  pruneApps(ctx, app.id)
}

function pruneRoots(ctx: StepContext): void {
  const { rootVersions } = ctx.state
  while (rootVersions.length > versionsKeptMax) {
    const oldest = rootVersions.shift()
    if (oldest === undefined) return
    ctx.remove(keys.root(oldest.version))
    for (const id of oldest.apps.keys()) pruneApps(ctx, id)
  }
}

/** Drops versions that nothing refers to: no kept root, no instance, and not among the newest of a living app. */
function pruneApps(ctx: StepContext, id: string): void {
  const { appVersions, rootVersions, root, instances } = ctx.state
  const versions = appVersions.get(id)
  if (versions === undefined) return
  const keptCount = root.apps.has(id) ? versionsKeptMax : 0
  if (root.apps.has(id) && versions.length <= keptCount) return
  const needed = new Set([
    ...rootVersions.flatMap(({ apps }) => apps.get(id) ?? []),
    ...instances.of(id).map(({ version }) => version),
  ])
  const newest = new Set(versions.slice(versions.length - keptCount))
  const kept = versions.filter((app) => newest.has(app) || needed.has(app.version))
  for (const app of versions) if (!kept.includes(app)) ctx.remove(keys.app(id, app.version))
  if (kept.length === 0) appVersions.delete(id)
  else appVersions.set(id, kept)
}
