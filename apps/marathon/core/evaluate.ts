/** Brings every app that changed in a step to what is wanted of it. Repeats until nothing changes any more. */
import { invariant } from '@thermosphere/effects'
import { advanceDeployment, keepCount } from './deployment/index.ts'
import { decommission } from './lifecycle/index.ts'
import { largeAppEvaluationMs, largeAppInstancesMin } from './limits.ts'
import { deploymentOf } from './state/index.ts'
import type { StepContext } from './state/index.ts'

const timerPrefix = 'evaluate:'
/** Each round of an app either changes something or ends it; more rounds than this are a loop. */
const roundsMax = 10_000

export function evaluateChangedApps(ctx: StepContext): void {
  let rounds = 0
  for (const appId of ctx.changedApps) {
    ctx.changedApps.delete(appId)
    invariant(++rounds < roundsMax, 'the evaluation of apps does not come to rest', { appId })
    if (ctx.state.instances.countOf(appId) < largeAppInstancesMin) evaluateApp(ctx, appId)
    else evaluateSoon(ctx, appId)
  }
}

/** A large app is evaluated once for all changes of a moment. */
function evaluateSoon(ctx: StepContext, appId: string): void {
  if (ctx.state.evaluateAt.has(appId)) return
  const at = ctx.now + largeAppEvaluationMs
  ctx.state.evaluateAt.set(appId, at)
  ctx.timer(timerPrefix + appId, at)
}

export function onEvaluateTimer(ctx: StepContext, key: string): void {
  const appId = key.slice(timerPrefix.length)
  ctx.state.evaluateAt.delete(appId)
  evaluateApp(ctx, appId)
}

function evaluateApp(ctx: StepContext, appId: string): void {
  const deployment = deploymentOf(ctx.state, appId)
  if (deployment !== undefined) {
    advanceDeployment(ctx, deployment, appId)
    return
  }
  const app = ctx.state.root.apps.get(appId)
  if (app !== undefined) keepCount(ctx, app, new Set())
  // The app is gone: whatever is left of it has no owner.
  else
    for (const instance of ctx.state.instances.of(appId)) if (instance.goal === 'Running') decommission(ctx, instance)
}
