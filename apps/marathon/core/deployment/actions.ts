/** What an action of a deployment does each time something about its app changed; true when it is done. */
import type { App } from '../app/index.ts'
import { isHealthKnown, isHealthy, isReady, startReadiness } from '../health/index.ts'
import { compareForKill, countsForScale, isPlaced, selectForKill } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { addInstances, decommission, isCurrent } from '../lifecycle/index.ts'
import type { StepContext } from '../state/index.ts'
import type { Action, Deployment } from './deployment.ts'
import { planRoll } from './roll.ts'

export function runAction(ctx: StepContext, deployment: Deployment, action: Action): boolean {
  const app = ctx.state.root.apps.get(action.app)
  if (action.type === 'StartApplication') return true
  if (action.type === 'StopApplication' || app === undefined) return runStop(ctx, action.app)
  if (action.type === 'ScaleApplication') return runScale(ctx, app, { deployment, action })
  return runRestart(ctx, app)
}

function runStop(ctx: StepContext, appId: string): boolean {
  for (const instance of ctx.state.instances.of(appId))
    if (instance.goal !== 'Decommissioned' || !isPlaced(instance.state)) decommission(ctx, instance)
  return ctx.state.instances.countOf(appId) === 0
}

/** Brings the number of instances to what the app wants; returns those that are wanted and left. */
export function keepCount(ctx: StepContext, app: App, first: ReadonlySet<string>): Instance[] {
  const counted = ctx.state.instances.of(app.id).filter(countsForScale)
  const surplus = counted.length - app.instances
  if (surplus < 0) addInstances(ctx, app, -surplus)
  if (surplus > 0)
    for (const instance of selectForKill(app, counted, { count: surplus, first })) decommission(ctx, instance)
  return ctx.state.instances.of(app.id).filter(countsForScale)
}

type Running = { readonly deployment: Deployment; readonly action: Action }

function runScale(ctx: StepContext, app: App, { deployment, action }: Running): boolean {
  const wanted = keepCount(ctx, app, new Set(action.kill))
  for (const instance of wanted) startReadiness(ctx, app, instance)
  const before = deployment.changes.find(({ id }) => id === app.id)?.before
  const isShrinking = before !== undefined && before.instances > app.instances
  const areKillsDone = !isShrinking || ctx.state.instances.of(app.id).every(({ goal }) => goal === 'Running')
  return areKillsDone && wanted.every((instance) => isReady(ctx.state, app, instance))
}

type Sides = { readonly old: Instance[]; readonly fresh: Instance[]; readonly dying: number }

function sidesOf(ctx: StepContext, app: App): Sides {
  const all = ctx.state.instances.of(app.id)
  const counted = all.filter(countsForScale)
  const fresh = counted.filter((instance) => isCurrent(app, instance))
  return { old: counted.filter((instance) => !isCurrent(app, instance)), fresh, dying: all.length - counted.length }
}

function runRestart(ctx: StepContext, app: App): boolean {
  // An old instance that waits for an offer would only come back with the new configuration.
  for (const instance of ctx.state.instances.of(app.id))
    if (!isPlaced(instance.state) && !isCurrent(app, instance)) decommission(ctx, instance)
  dropSurplus(ctx, app)
  const { old, fresh, dying } = sidesOf(ctx, app)
  for (const instance of fresh) startReadiness(ctx, app, instance)
  const healthy = old.filter((instance) => isHealthy(ctx.state, instance))
  const unhealthy = old.filter((instance) => !isHealthy(ctx.state, instance))
  const plan = planRoll({
    target: app.instances,
    ...app.upgradeStrategy,
    oldHealthy: healthy.length,
    oldUnhealthy: unhealthy.length,
    oldUnknown: unhealthy.filter((instance) => !isHealthKnown(ctx.state, instance)).length,
    dying,
    fresh: fresh.length,
    ready: fresh.filter((instance) => isReady(ctx.state, app, instance)).length,
  })
  const order = compareForKill(app)
  const knownFirst = [...unhealthy].sort(
    (a, b) => Number(isHealthKnown(ctx.state, b)) - Number(isHealthKnown(ctx.state, a)) || order(a, b),
  )
  for (const instance of knownFirst.slice(0, plan.killUnhealthy)) decommission(ctx, instance)
  for (const instance of healthy.sort(order).slice(0, plan.killHealthy)) decommission(ctx, instance)
  addInstances(ctx, app, plan.start)
  return plan.isDone
}

/** A forced predecessor may have left more instances of the wanted configuration than are wanted. */
function dropSurplus(ctx: StepContext, app: App): void {
  const { fresh } = sidesOf(ctx, app)
  const surplus = fresh.length - app.instances
  if (surplus <= 0) return
  for (const instance of selectForKill(app, fresh, { count: surplus, first: new Set() })) decommission(ctx, instance)
}
