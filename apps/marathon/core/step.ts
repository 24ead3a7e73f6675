/** The core of Marathon: one input in, the effects out. Everything it decides is decided here and below. */
import { assertNever } from '@thermosphere/effects'
import type { Millis } from '@thermosphere/effects'
import { runCommand } from './command/index.ts'
import { enterStep } from './deployment/index.ts'
import { evaluateChangedApps, onEvaluateTimer } from './evaluate.ts'
import { onHealthProbe, onHealthTimer, onReadinessProbe, onReadinessTimer, startHealthChecks } from './health/index.ts'
import type { Verdict } from './health/index.ts'
import { isPlaced, isRunning } from './instance/index.ts'
import type { Instance } from './instance/index.ts'
import {
  noteDemand,
  onReviveTimer,
  onTokensTimer,
  processHeldOffers,
  tokensTimer,
  updateDemand,
} from './launch/index.ts'
import {
  evaluateUnreachable,
  killRetryTimer,
  killUnhealthy,
  onKillRetry,
  onOverdueCheck,
  overdueInitialMs,
  overdueTimer,
  reconcile,
  reconcileTimer,
  requestKill,
} from './lifecycle/index.ts'
import { onMesosDisconnected, onMesosEvent } from './mesos-events.ts'
import type { Effect, Input } from './messages.ts'
import { StepContext } from './state/index.ts'
import type { MarathonState } from './state/index.ts'

const scaleAppsTimer = 'scale-apps'

export function step(state: MarathonState, input: Input, now: Millis): Effect[] {
  const ctx = new StepContext(state, now)
  handle(ctx, input)
  evaluateChangedApps(ctx)
  processHeldOffers(ctx)
  if (ctx.isDemandChanged) updateDemand(ctx)
  return ctx.finish()
}

function handle(ctx: StepContext, input: Input): void {
  switch (input.type) {
    case 'start':
      return onStart(ctx)
    case 'command': {
      const response = runCommand(ctx, input.requestId, input.command)
      if (response !== undefined) ctx.respond(input.requestId, response)
      return
    }
    case 'mesos-event':
      return onMesosEvent(ctx, input.event)
    case 'mesos-disconnected':
      return onMesosDisconnected(ctx)
    case 'timer':
      return onTimer(ctx, input.key)
    case 'probe-result':
      return onProbeResult(ctx, input)
    default:
      return assertNever(input)
  }
}

/** Takes up what was going on before: timers, checks, kills and deployments. */
function onStart(ctx: StepContext): void {
  const { config, deployments, instances, root } = ctx.state
  ctx.timer(overdueTimer, ctx.now + overdueInitialMs)
  ctx.timer(reconcileTimer, ctx.now + config.reconciliationInitialDelayMs)
  ctx.timer(scaleAppsTimer, ctx.now + config.scaleAppsInitialDelayMs)
  ctx.timer(tokensTimer, ctx.now + config.launchTokenRefreshMs)
  for (const instance of [...instances.all()]) resume(ctx, instance)
  for (const deployment of [...deployments.values()]) enterStep(ctx, deployment)
  for (const appId of [...root.apps.keys(), ...instances.appIds()]) ctx.changedApps.add(appId)
}

function resume(ctx: StepContext, instance: Instance): void {
  keepPast(ctx, instance)
  if (isPlaced(instance.state) && instance.goal !== 'Running') requestKill(ctx, instance)
  if (isRunning(instance)) startHealthChecks(ctx, instance)
  evaluateUnreachable(ctx, instance)
}

/** The clock of who led before may have been ahead: what has happened lies in the past, or time-outs would not end. */
function keepPast(ctx: StepContext, instance: Instance): void {
  const { state } = instance
  if (!isPlaced(state) || Math.max(state.since, state.activeSince ?? 0) <= ctx.now) return
  const activeSince = state.activeSince === undefined ? undefined : Math.min(state.activeSince, ctx.now)
  ctx.state.instances.setState(instance, { ...state, since: Math.min(state.since, ctx.now), activeSince })
  ctx.touch(instance)
}

function onTimer(ctx: StepContext, key: string): void {
  switch (key) {
    case overdueTimer:
      return onOverdueCheck(ctx)
    case killRetryTimer:
      return onKillRetry(ctx)
    case tokensTimer:
      return onTokensTimer(ctx)
    case reconcileTimer:
      reconcile(ctx)
      return ctx.timer(reconcileTimer, ctx.now + ctx.state.config.reconciliationIntervalMs)
    case scaleAppsTimer:
      for (const appId of ctx.state.root.apps.keys()) ctx.changedApps.add(appId)
      return ctx.timer(scaleAppsTimer, ctx.now + ctx.state.config.scaleAppsIntervalMs)
    default:
      return onKeyedTimer(ctx, key)
  }
}

function onKeyedTimer(ctx: StepContext, key: string): void {
  const kind = key.slice(0, key.indexOf(':'))
  const rest = key.slice(kind.length + 1)
  switch (kind) {
    case 'health':
      return applyVerdict(ctx, key, onHealthTimer(ctx, key))
    case 'ready':
      return onReadinessTimer(ctx, key)
    case 'backoff':
      return noteDemand(ctx, rest)
    case 'revive':
      return onReviveTimer(ctx, key)
    case 'evaluate':
      return onEvaluateTimer(ctx, key)
    case 'unreachable': {
      const instance = ctx.state.instances.get(rest)
      if (instance !== undefined) evaluateUnreachable(ctx, instance)
      return
    }
  }
}

function onProbeResult(ctx: StepContext, input: Extract<Input, { readonly type: 'probe-result' }>): void {
  if (input.key.startsWith('ready:')) onReadinessProbe(ctx, input)
  else applyVerdict(ctx, input.key, onHealthProbe(ctx, input.key, input))
}

function applyVerdict(ctx: StepContext, key: string, verdict: Verdict): void {
  const instance = ctx.state.instances.get(key.slice(key.indexOf(':') + 1, key.lastIndexOf(':')))
  if (verdict !== undefined && instance !== undefined) killUnhealthy(ctx, instance, verdict.kill)
}
