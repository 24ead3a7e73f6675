/**
 * Health checks that the scheduler runs, and the health that agents report.
 * Results live in memory only: after a restart everything is unknown until it was checked again.
 */
import { isAgentSide } from '../app/index.ts'
import type { HealthCheck } from '../app/index.ts'
import type { mesos } from '@thermosphere/protocol'
import { isPlaced, isRunning } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import type { ProbeOutcome } from '../messages.ts'
import { appOfVersion } from '../state/index.ts'
import type { Health, MarathonState, StepContext } from '../state/index.ts'
import { healthProbe } from './target.ts'

const firstCheckMsMax = 5_000
/** An interval of 0 is allowed; this keeps it from spinning. */
const intervalMsMin = 500

/** What the caller has to do about a result. */
export type Verdict = { readonly kill: string } | undefined

function healthTimer(instanceId: string, index: number): string {
  return `health:${instanceId}:${index}`
}

function parseTimer(key: string): { instanceId: string; index: number } {
  const at = key.lastIndexOf(':')
  return { instanceId: key.slice('health:'.length, at), index: Number(key.slice(at + 1)) }
}

function checksOf(state: MarathonState, instance: Instance): readonly HealthCheck[] {
  return appOfVersion(state, instance.appId, instance.version)?.healthChecks ?? []
}

/** True when every check is alive, false when one is not, undefined while one has no result or none is defined. */
export function instanceHealth(state: MarathonState, instance: Instance): boolean | undefined {
  const results = state.health.get(instance.id)
  if (results === undefined || results.length === 0) return undefined
  if (results.some((result) => result === undefined)) return undefined
  return results.every((result) => result?.alive === true)
}

/** Begins to check a task that runs; does nothing when its checks run already. */
export function startHealthChecks(ctx: StepContext, instance: Instance): void {
  const checks = checksOf(ctx.state, instance)
  if (checks.length === 0 || ctx.state.health.has(instance.id)) return
  ctx.state.health.set(
    instance.id,
    checks.map(() => undefined),
  )
  for (const [index, check] of checks.entries())
    if (!isAgentSide(check))
      ctx.timer(
        healthTimer(instance.id, index),
        ctx.now + Math.min(Math.max(check.intervalSeconds * 1000, intervalMsMin), firstCheckMsMax),
      )
}

export function forgetHealthChecks(ctx: StepContext, instance: Instance): void {
  const results = ctx.state.health.get(instance.id)
  if (results === undefined) return
  for (const index of results.keys()) ctx.timer(healthTimer(instance.id, index), undefined)
  ctx.state.health.delete(instance.id)
}

export function onHealthTimer(ctx: StepContext, key: string): Verdict {
  const { instanceId, index } = parseTimer(key)
  const instance = ctx.state.instances.get(instanceId)
  const app = instance && appOfVersion(ctx.state, instance.appId, instance.version)
  const check = app?.healthChecks[index]
  if (instance === undefined || app === undefined || check === undefined || !isPlaced(instance.state)) return undefined
  ctx.timer(key, ctx.now + Math.max(check.intervalSeconds * 1000, intervalMsMin))
  if (!isRunning(instance)) return undefined
  const probe = healthProbe(app, instance.state, check)
  if (probe === undefined) return onFailure(ctx, instance, { index, check, cause: 'the task has no such port' })
  ctx.probe(key, instance.state.task.id, probe)
  return undefined
}

export function onHealthProbe(
  ctx: StepContext,
  key: string,
  result: { taskId: string; outcome: ProbeOutcome },
): Verdict {
  const { instanceId, index } = parseTimer(key)
  const instance = ctx.state.instances.ofTask(result.taskId)
  const check = instance && checksOf(ctx.state, instance)[index]
  if (instance === undefined || instance.id !== instanceId || check === undefined || !isRunning(instance))
    return undefined
  const { outcome } = result
  const isAlive =
    outcome.kind === 'connected' || (outcome.kind === 'http' && outcome.status >= 200 && outcome.status < 400)
  if (isAlive) return onSuccess(ctx, instance, { index })
  const cause =
    outcome.kind === 'http' ? `HTTP status ${outcome.status}` : outcome.kind === 'failed' ? outcome.reason : ''
  return onFailure(ctx, instance, { index, check, cause })
}

/** Agents report the health of COMMAND and MESOS_* checks with the status of the task; their executor kills. */
export function onAgentHealth(ctx: StepContext, instance: Instance, status: mesos.TaskStatus): void {
  if (status.healthy === undefined) return
  for (const [index, check] of checksOf(ctx.state, instance).entries()) {
    if (!isAgentSide(check)) continue
    if (status.healthy) onSuccess(ctx, instance, { index })
    else store(ctx, instance, { index, next: failed(ctx, instance, { index, cause: status.message ?? '' }) })
  }
}

function resultOf(ctx: StepContext, instance: Instance, index: number): Health | undefined {
  return ctx.state.health.get(instance.id)?.[index]
}

function onSuccess(ctx: StepContext, instance: Instance, { index }: { readonly index: number }): undefined {
  const before = resultOf(ctx, instance, index)
  const firstSuccess = before?.firstSuccess ?? ctx.now
  store(ctx, instance, {
    index,
    next: { ...before, alive: true, consecutiveFailures: 0, firstSuccess, lastSuccess: ctx.now },
  })
}

function failed(ctx: StepContext, instance: Instance, { index, cause }: { index: number; cause: string }): Health {
  const before = resultOf(ctx, instance, index)
  const consecutiveFailures = (before?.consecutiveFailures ?? 0) + 1
  return { ...before, alive: false, consecutiveFailures, lastFailure: ctx.now, lastFailureCause: cause }
}

type Failure = { readonly index: number; readonly check: HealthCheck; readonly cause: string }

function onFailure(ctx: StepContext, instance: Instance, { index, check, cause }: Failure): Verdict {
  const before = resultOf(ctx, instance, index)
  if (before?.firstSuccess === undefined && isInGrace(ctx, instance, check)) return undefined
  ctx.event('failed_health_check_event', { appId: instance.appId, taskId: instance.id, healthCheck: check })
  store(ctx, instance, { index, next: failed(ctx, instance, { index, cause }) })
  const failuresBefore = before?.consecutiveFailures ?? 0
  return check.maxConsecutiveFailures > 0 && failuresBefore >= check.maxConsecutiveFailures
    ? { kill: cause }
    : undefined
}

function isInGrace(ctx: StepContext, instance: Instance, check: HealthCheck): boolean {
  const runningSince = isPlaced(instance.state) ? instance.state.activeSince : undefined
  return ctx.now - (runningSince ?? ctx.now) < check.gracePeriodSeconds * 1000
}

function store(
  ctx: StepContext,
  instance: Instance,
  { index, next }: { readonly index: number; readonly next: Health },
): void {
  const results = ctx.state.health.get(instance.id)
  if (results === undefined) return
  const wasAlive = results[index]?.alive ?? false
  const before = instanceHealth(ctx.state, instance)
  results[index] = next
  ctx.changedApps.add(instance.appId)
  const { appId, id: instanceId, version } = instance
  if (wasAlive !== next.alive)
    ctx.event('health_status_changed_event', { appId, instanceId, version, alive: next.alive })
  const healthy = instanceHealth(ctx.state, instance)
  if (healthy !== before)
    ctx.event('instance_health_changed_event', {
      instanceId,
      runSpecId: appId,
      healthy: healthy ?? null,
      runSpecVersion: version,
    })
}
