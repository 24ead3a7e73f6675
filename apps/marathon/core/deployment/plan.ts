/** The steps from one root to another. */
import { isDeepStrictEqualTo } from '../text/index.ts'
import type { App } from '../app/index.ts'
import { dependencyLayers } from '../group/index.ts'
import type { RootGroup } from '../group/index.ts'
import type { Action, AppChange } from './deployment.ts'

export type PlanOptions = {
  /** Apps to restart although nothing changed. */
  readonly restart: ReadonlySet<string>
  /** Instances that a kill-and-scale request named, by app. */
  readonly kill: ReadonlyMap<string, readonly string[]>
}

const ignoredInConfig = new Set<string>(['instances', 'executorResources', 'version', 'versionInfo'])

function configOf(app: App): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(app).filter(([key, value]) => !ignoredInConfig.has(key) && value !== undefined),
  )
}

/** Whether tasks have to be replaced to get from one definition to the other. */
export function isConfigChanged(before: App, after: App): boolean {
  return before !== after && !isDeepStrictEqualTo(configOf(before), configOf(after))
}

/**
 * Gives new and changed apps the version, and says in `versionInfo` what changed; unchanged apps stay as they were.
 */
export function stampVersions(
  before: RootGroup,
  after: RootGroup,
  { version, restart }: { readonly version: string; readonly restart: ReadonlySet<string> },
): RootGroup {
  const apps = new Map<string, App>()
  for (const [id, app] of after.apps)
    apps.set(id, stamped(before.apps.get(id), app, { version, isRestart: restart.has(id) }))
  return { ...after, apps }
}

function stamped(
  before: App | undefined,
  app: App,
  at: { readonly version: string; readonly isRestart: boolean },
): App {
  const { version } = at
  if (before === app && !at.isRestart) return app
  if (before === undefined)
    return { ...app, version, versionInfo: { lastScalingAt: version, lastConfigChangeAt: version } }
  if (isConfigChanged(before, app))
    return { ...app, version, versionInfo: { lastScalingAt: version, lastConfigChangeAt: version } }
  if (at.isRestart) return { ...app, version, versionInfo: { ...before.versionInfo, lastConfigChangeAt: version } }
  if (before.instances !== app.instances || !isDeepStrictEqualTo(before.executorResources, app.executorResources))
    return { ...app, version, versionInfo: { ...before.versionInfo, lastScalingAt: version } }
  return before
}

export function changesBetween(before: RootGroup, after: RootGroup): AppChange[] {
  const changes: AppChange[] = []
  for (const [id, app] of before.apps) {
    const next = after.apps.get(id)
    if (next === undefined) changes.push({ id, before: app })
    else if (next !== app) changes.push({ id, before: app, after: next })
  }
  for (const [id, app] of after.apps) if (!before.apps.has(id)) changes.push({ id, after: app })
  return changes
}

export function planSteps(after: RootGroup, changes: readonly AppChange[], options: PlanOptions): Action[][] {
  const stops = changes.filter((change) => change.after === undefined)
  const starts = changes.filter((change) => change.before === undefined)
  const steps: Action[][] = [
    stops.map(({ id }) => ({ type: 'StopApplication', app: id })),
    starts.map(({ id }) => ({ type: 'StartApplication', app: id })),
    ...layeredActions(after, changes, options),
  ]
  return steps.filter((step) => step.length > 0)
}

function layeredActions(after: RootGroup, changes: readonly AppChange[], options: PlanOptions): Action[][] {
  const actions = changes.flatMap((change) => actionOf(change, options) ?? [])
  const layers =
    dependencyLayers(
      after,
      actions.map(({ app }) => app),
    ) ?? new Map<string, number>()
  const byLayer = Map.groupBy(actions, ({ app }) => layers.get(app) ?? 0)
  return [...byLayer].sort(([left], [right]) => left - right).map(([, step]) => step)
}

function actionOf({ id, before, after }: AppChange, options: PlanOptions): Action | undefined {
  if (after === undefined) return undefined
  const kill = options.kill.get(id)
  const scale: Action = { type: 'ScaleApplication', app: id, ...(kill === undefined ? {} : { kill: [...kill] }) }
  if (before === undefined) return scale
  const isReplaced = isConfigChanged(before, after) || options.restart.has(id)
  if (isReplaced && after.instances > 0) return { type: 'RestartApplication', app: id }
  return isReplaced || before.instances !== after.instances ? scale : undefined
}
