/** Delays of apps whose tasks end: exponential, in memory, gone after a quiet time. */
import type { Millis } from '@thermosphere/effects'
import type { App } from './app/index.ts'
import type { Backoff, MarathonState, StepContext } from './state/index.ts'

/** The delay in force, undefined when none was caused or it became quiet. */
function current(state: MarathonState, appId: string, now: Millis): Backoff | undefined {
  const backoff = state.backoffs.get(appId)
  const app = state.root.apps.get(appId)
  if (backoff === undefined || app === undefined) return undefined
  const isQuiet = now > backoff.startedAt + Math.max(backoff.delayMs, app.maxLaunchDelaySeconds * 1000)
  return isQuiet ? undefined : backoff
}

/** When the app may be launched again; undefined when it may now. */
export function delayedUntil(state: MarathonState, appId: string, now: Millis): Millis | undefined {
  const backoff = current(state, appId, now)
  if (backoff === undefined || backoff.startedAt + backoff.delayMs <= now) return undefined
  return backoff.startedAt + backoff.delayMs
}

function set(ctx: StepContext, appId: string, delayMs: Millis): void {
  ctx.state.backoffs.set(appId, { delayMs, startedAt: ctx.now })
  ctx.timer(backoffTimer(appId), ctx.now + delayMs)
  ctx.isDemandChanged = true
}

function backoffTimer(appId: string): string {
  return `backoff:${appId}`
}

/** A task ended on its own. */
export function increaseBackoff(ctx: StepContext, app: App): void {
  const backoff = current(ctx.state, app.id, ctx.now)
  const next = backoff === undefined ? app.backoffSeconds * 1000 : backoff.delayMs * app.backoffFactor
  set(ctx, app.id, Math.min(next, app.maxLaunchDelaySeconds * 1000))
}

/** A task got on: the same delay starts anew. */
export function advanceBackoff(ctx: StepContext, appId: string): void {
  const backoff = current(ctx.state, appId, ctx.now)
  if (backoff !== undefined) set(ctx, appId, backoff.delayMs)
}

export function resetBackoff(ctx: StepContext, appId: string): void {
  if (!ctx.state.backoffs.delete(appId)) return
  ctx.timer(backoffTimer(appId), undefined)
  noteDemand(ctx, appId)
}

/** The instances of this app that wait may be launched from now on. */
export function noteDemand(ctx: StepContext, appId: string): void {
  ctx.isDemandChanged = true
  for (const instance of ctx.state.instances.waiting().get(appId) ?? []) ctx.newDemand.add(instance.role)
}
