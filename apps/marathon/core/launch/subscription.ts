/** Who we are to Mesos, and for which roles we want offers. */
import type { mesos } from '@thermosphere/protocol'
import type { MarathonState, StepContext } from '../state/index.ts'
import { delayedUntil } from '../backoff.ts'
import { reviveBurstMax } from '../limits.ts'

const reviveTimerPrefix = 'revive:'

/** The configured role and every role in use. */
function rolesOf(state: MarathonState): string[] {
  const roles = new Set([state.config.mesosRole])
  for (const app of state.root.apps.values()) roles.add(app.role)
  for (const instance of state.instances.all()) roles.add(instance.role)
  return [...roles]
}

export function frameworkInfo(state: MarathonState): mesos.FrameworkInfo {
  const { framework, features } = state.config
  const capabilities: mesos.FrameworkInfo_Capability[] = [
    { type: 'PARTITION_AWARE' },
    { type: 'REGION_AWARE' },
    { type: 'MULTI_ROLE' },
  ]
  if (features.has('task_killing')) capabilities.push({ type: 'TASK_KILLING_STATE' })
  if (features.has('gpu_resources')) capabilities.push({ type: 'GPU_RESOURCES' })
  return {
    user: framework.user,
    name: framework.name,
    ...(state.frameworkId === undefined ? {} : { id: { value: state.frameworkId } }),
    failover_timeout: framework.failoverTimeoutSeconds,
    checkpoint: framework.checkpoint,
    roles: rolesOf(state),
    hostname: framework.hostname,
    ...(framework.principal === undefined ? {} : { principal: framework.principal }),
    ...(framework.webuiUrl === undefined ? {} : { webui_url: framework.webuiUrl }),
    capabilities,
  }
}

/** Roles for which an instance waits that may be launched now. */
function wantedRoles(ctx: StepContext): Set<string> {
  const wanted = new Set<string>()
  for (const [appId, waiting] of ctx.state.instances.waiting()) {
    if (delayedUntil(ctx.state, appId, ctx.now) !== undefined) continue
    for (const instance of waiting) wanted.add(instance.role)
  }
  return wanted
}

/** Tells Mesos what changed: new roles, roles that want offers (again), roles that want none. */
export function updateDemand(ctx: StepContext): void {
  if (!ctx.state.mesos.isConnected) return
  subscribeRoles(ctx)
  const wanted = wantedRoles(ctx)
  const suppress: string[] = []
  for (const [role, demand] of ctx.state.roles) {
    if (wanted.has(role)) {
      if (demand.isSuppressed || ctx.newDemand.has(role)) revive(ctx, role)
    } else if (!demand.isSuppressed && ctx.state.config.suppressOffers) {
      demand.isSuppressed = true
      suppress.push(role)
      ctx.timer(reviveTimerPrefix + role, undefined)
    }
  }
  if (suppress.length > 0) ctx.call({ type: 'SUPPRESS', suppress: { roles: suppress } })
}

function subscribeRoles(ctx: StepContext): void {
  const { state } = ctx
  const added = rolesOf(state).filter((role) => !state.roles.has(role))
  if (added.length === 0) return
  for (const role of added) state.roles.set(role, { isSuppressed: false, paidUntil: 0 })
  const suppressed = [...state.roles].filter(([, { isSuppressed }]) => isSuppressed).map(([role]) => role)
  const update_framework = { framework_info: frameworkInfo(state), suppressed_roles: suppressed }
  ctx.call({ type: 'UPDATE_FRAMEWORK', update_framework })
}

/** One revive an interval and role on average, a few more in a burst; further ones wait for their turn. */
function revive(ctx: StepContext, role: string): void {
  const demand = ctx.state.roles.get(role)
  if (demand === undefined) return
  const intervalMs = ctx.state.config.minReviveIntervalMs
  const nextAt = demand.paidUntil - intervalMs * (reviveBurstMax - 1)
  if (nextAt > ctx.now) {
    ctx.timer(reviveTimerPrefix + role, nextAt)
    return
  }
  demand.isSuppressed = false
  demand.paidUntil = Math.max(demand.paidUntil, ctx.now) + intervalMs
  ctx.timer(reviveTimerPrefix + role, undefined)
  ctx.call({ type: 'REVIVE', revive: { roles: [role] } })
}

export function onReviveTimer(ctx: StepContext, key: string): void {
  const role = key.slice(reviveTimerPrefix.length)
  if (ctx.state.mesos.isConnected && wantedRoles(ctx).has(role)) revive(ctx, role)
}

/** A new subscription starts without filters and with every role wanting offers. */
export function resetDemand(state: MarathonState): void {
  state.roles.clear()
  for (const role of rolesOf(state)) state.roles.set(role, { isSuppressed: false, paidUntil: 0 })
}
