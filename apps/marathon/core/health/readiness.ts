/** Readiness checks: during a deployment a running task is asked until it says once that it is ready. */
import type { App } from '../app/index.ts'
import { isPlaced, isRunning } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { readinessBodyCharsMax } from '../limits.ts'
import type { ProbeOutcome } from '../messages.ts'
import { appOfVersion } from '../state/index.ts'
import type { MarathonState, StepContext } from '../state/index.ts'
import { instanceHealth } from './checks.ts'
import { readinessProbe } from './target.ts'

const prefix = 'ready:'

/** Whether an instance is good enough for a deployment to go on: running, healthy and ready as far as it is checked. */
export function isReady(state: MarathonState, app: App, instance: Instance): boolean {
  if (!isHealthy(state, instance)) return false
  return app.readinessChecks.length === 0 || state.readiness.get(instance.id)?.ready === true
}

/** Running, and healthy if health checks are defined. */
export function isHealthy(state: MarathonState, instance: Instance): boolean {
  if (!isRunning(instance)) return false
  const checks = appOfVersion(state, instance.appId, instance.version)?.healthChecks ?? []
  return checks.length === 0 || instanceHealth(state, instance) === true
}

/** Whether its checks, if there are any, have told of an instance that runs; one that does not run is known not to. */
export function isHealthKnown(state: MarathonState, instance: Instance): boolean {
  if (!isRunning(instance)) return true
  const checks = appOfVersion(state, instance.appId, instance.version)?.healthChecks ?? []
  return checks.length === 0 || instanceHealth(state, instance) !== undefined
}

/** Begins to ask; does nothing when it was begun or when the app has no readiness check. */
export function startReadiness(ctx: StepContext, app: App, instance: Instance): void {
  if (app.readinessChecks.length === 0 || !isRunning(instance) || ctx.state.readiness.has(instance.id)) return
  ctx.state.readiness.set(instance.id, { ready: false })
  ctx.timer(prefix + instance.id, ctx.now)
}

export function forgetReadiness(ctx: StepContext, instance: Instance): void {
  if (ctx.state.readiness.delete(instance.id)) ctx.timer(prefix + instance.id, undefined)
}

export function onReadinessTimer(ctx: StepContext, key: string): void {
  const instance = ctx.state.instances.get(key.slice(prefix.length))
  const app = instance && appOfVersion(ctx.state, instance.appId, instance.version)
  const check = app?.readinessChecks[0]
  if (instance === undefined || app === undefined || check === undefined || !isPlaced(instance.state)) return
  ctx.timer(key, ctx.now + Math.max(check.intervalSeconds, 1) * 1000)
  const probe = isRunning(instance) ? readinessProbe(app, instance.state, check) : undefined
  if (probe !== undefined) ctx.probe(key, instance.state.task.id, probe)
}

export function onReadinessProbe(ctx: StepContext, result: { taskId: string; outcome: ProbeOutcome }): void {
  const instance = ctx.state.instances.ofTask(result.taskId)
  const check = instance && appOfVersion(ctx.state, instance.appId, instance.version)?.readinessChecks[0]
  if (instance === undefined || check === undefined || !ctx.state.readiness.has(instance.id)) return
  const { outcome } = result
  const response =
    outcome.kind === 'http'
      ? { status: outcome.status, contentType: outcome.contentType, body: outcome.body.slice(0, readinessBodyCharsMax) }
      : { status: 504, contentType: 'text/plain', body: `Marathon could not query ${instance.id}` }
  const ready = outcome.kind === 'http' && check.httpStatusCodesForReady.includes(outcome.status)
  ctx.state.readiness.set(instance.id, check.preserveLastResponse ? { ready, response } : { ready })
  if (!ready) return
  ctx.timer(prefix + instance.id, undefined)
  ctx.changedApps.add(instance.appId)
}
