/** The changes of an instance's life. Each keeps indexes, the store and the events in step. */
import { invariant } from '@thermosphere/effects'
import type { App } from '../app/index.ts'
import { forgetChecks } from '../health/index.ts'
import { newInstanceId } from '../ids/index.ts'
import { causesBackoff, isPlaced, isUnreachable, newInstance } from '../instance/index.ts'
import type { Condition, Instance, Placed, PlacedCondition } from '../instance/index.ts'
import { increaseBackoff } from '../backoff.ts'
import { deploymentOf } from '../state/index.ts'
import type { MarathonState, StepContext } from '../state/index.ts'
import { tellInstanceChanged } from './instance-events.ts'
import { endKill, requestKill } from './kills.ts'

/** Whether the instance runs (or will run) the configuration that the app has now. */
export function isCurrent(app: App, instance: Instance): boolean {
  return instance.version >= app.versionInfo.lastConfigChangeAt
}

export function addInstances(ctx: StepContext, app: App, count: number): void {
  for (let i = 0; i < count; i++) {
    const id = newInstanceId(app.id, ctx.now, ctx.state.random)
    const instance = newInstance({ id, appId: app.id, role: app.role, version: app.version, now: ctx.now })
    ctx.state.instances.add(instance)
    ctx.touch(instance)
    ctx.newDemand.add(app.role)
    tellInstanceChanged(ctx, instance, 'Scheduled')
  }
}

/** A new condition of a placed instance. `activeSince` is the time of entering Running, as checks count it. */
export function setCondition(
  ctx: StepContext,
  instance: Instance,
  options: { readonly condition: PlacedCondition; readonly since?: number },
): void {
  const { state } = instance
  invariant(isPlaced(state), 'only a placed instance changes its condition', { instanceId: instance.id })
  if (state.condition === options.condition) return
  const since = options.since ?? ctx.now
  const activeSince = options.condition === 'Running' ? (state.activeSince ?? ctx.now) : state.activeSince
  const next: Placed = { ...state, condition: options.condition, since, activeSince }
  ctx.state.instances.setState(instance, next)
  ctx.touch(instance)
  tellInstanceChanged(ctx, instance, options.condition)
}

/** The task has ended: the instance waits again, or is forgotten when nobody wants it. */
export function terminate(ctx: StepContext, instance: Instance, condition: Condition): void {
  const app = ctx.state.root.apps.get(instance.appId)
  tellInstanceChanged(ctx, instance, condition)
  endPlacement(ctx, instance)
  if (app !== undefined && instance.goal === 'Running' && causesBackoff(condition)) increaseBackoff(ctx, app)
  if (app === undefined || instance.goal !== 'Running' || isBeingReplaced(ctx.state, app, instance))
    expunge(ctx, instance)
  else reschedule(ctx, instance, app)
}

/** During a rolling restart an instance of an old configuration is not brought back. */
function isBeingReplaced(state: MarathonState, app: App, instance: Instance): boolean {
  if (isCurrent(app, instance)) return false
  const deployment = deploymentOf(state, app.id)
  const actions = deployment?.steps[deployment.step] ?? []
  return actions.some((action) => action.app === app.id && action.type === 'RestartApplication')
}

function reschedule(ctx: StepContext, instance: Instance, app: App): void {
  instance.incarnation++
  instance.version = app.version
  instance.role = app.role
  ctx.state.instances.setState(instance, { condition: 'Scheduled', since: ctx.now })
  ctx.touch(instance)
  ctx.newDemand.add(app.role)
  tellInstanceChanged(ctx, instance, 'Scheduled')
}

function endPlacement(ctx: StepContext, instance: Instance): void {
  if (isPlaced(instance.state)) endKill(ctx, instance.state.task.id)
  ctx.timer(unreachableTimer(instance.id), undefined)
  ctx.state.launching.delete(instance.id)
  forgetChecks(ctx, instance)
}

/** Forgets the instance. */
export function expunge(ctx: StepContext, instance: Instance): void {
  endPlacement(ctx, instance)
  ctx.state.instances.remove(instance)
  ctx.forget(instance)
  for (const wipe of ctx.state.pendingWipes) {
    if (!wipe.left.delete(instance.id) || wipe.left.size > 0) continue
    ctx.state.pendingWipes.delete(wipe)
    ctx.respond(wipe.requestId, wipe.response)
  }
}

/** Nobody wants the instance any more: kill it, and forget it once its task has ended. */
export function decommission(ctx: StepContext, instance: Instance): void {
  const isNew = instance.goal !== 'Decommissioned'
  instance.goal = 'Decommissioned'
  ctx.state.instances.setState(instance, instance.state)
  if (!isPlaced(instance.state) || isUnreachable(instance)) {
    expunge(ctx, instance)
    return
  }
  if (isNew) {
    ctx.touch(instance)
    tellInstanceChanged(ctx, instance, instance.state.condition)
  }
  requestKill(ctx, instance)
}

/** Ends the task; the same instance comes back, unless its agent cannot be reached. */
export function killTask(ctx: StepContext, instance: Instance): void {
  if (isUnreachable(instance)) decommission(ctx, instance)
  else requestKill(ctx, instance)
}

export function unreachableTimer(instanceId: string): string {
  return `unreachable:${instanceId}`
}
