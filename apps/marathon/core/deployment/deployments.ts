/** The life of deployments: begin, step, end, cancel. */
import { resetBackoff } from '../backoff.ts'
import { keys } from '../state/index.ts'
import type { StepContext } from '../state/index.ts'
import { runAction } from './actions.ts'
import { encodeAction, encodeSteps, runningDeployment } from './deployment.ts'
import type { Action, Deployment, StoredDeployment } from './deployment.ts'

function planOf({ id, version, steps }: StoredDeployment) {
  return { id, version, steps: encodeSteps(steps) }
}

function stored(deployment: Deployment): StoredDeployment {
  const { done: _done, affected: _affected, ...record } = deployment
  return record
}

export function beginDeployment(ctx: StepContext, record: StoredDeployment): void {
  const deployment = runningDeployment(record)
  if (record.steps.length > 0) {
    ctx.state.deployments.set(record.id, deployment)
    ctx.put(keys.deployment(record.id), record)
  }
  enterStep(ctx, deployment)
}

/** Also the way back in after a restart: the step is run again from what there is. */
export function enterStep(ctx: StepContext, deployment: Deployment): void {
  deployment.done.clear()
  const actions = deployment.steps[deployment.step]
  if (actions === undefined) {
    complete(ctx, deployment)
    return
  }
  ctx.event('deployment_info', { plan: planOf(deployment), currentStep: { actions: actions.map(encodeAction) } })
  for (const action of actions) {
    if (action.type === 'RestartApplication') resetBackoff(ctx, action.app)
    ctx.changedApps.add(action.app)
  }
}

/** Runs the action that the deployment has for this app now, if any. */
export function advanceDeployment(ctx: StepContext, deployment: Deployment, appId: string): void {
  const actions = deployment.steps[deployment.step] ?? []
  const action = actions.find(({ app }) => app === appId)
  if (action === undefined || deployment.done.has(appId)) return
  if (!runAction(ctx, deployment, action)) return
  finishAction(ctx, action)
  deployment.done.add(appId)
  if (actions.some(({ app }) => !deployment.done.has(app))) return
  ctx.event('deployment_step_success', {
    plan: planOf(deployment),
    currentStep: { actions: actions.map(encodeAction) },
  })
  deployment.step++
  if (deployment.step < deployment.steps.length) ctx.put(keys.deployment(deployment.id), stored(deployment))
  enterStep(ctx, deployment)
}

function finishAction(ctx: StepContext, action: Action): void {
  if (action.type !== 'StopApplication') return
  resetBackoff(ctx, action.app)
  ctx.state.offerStats.delete(action.app)
  if (ctx.state.failures.delete(action.app)) ctx.remove(keys.failure(action.app))
  ctx.event('app_terminated_event', { appId: action.app })
}

function complete(ctx: StepContext, deployment: Deployment): void {
  ctx.event('deployment_success', { id: deployment.id, plan: planOf(deployment) })
  end(ctx, deployment)
}

export function cancelDeployment(ctx: StepContext, deployment: Deployment, reason: string): void {
  ctx.event('deployment_failed', { id: deployment.id, plan: planOf(deployment), reason })
  end(ctx, deployment)
}

function end(ctx: StepContext, deployment: Deployment): void {
  if (!ctx.state.deployments.delete(deployment.id)) return
  ctx.remove(keys.deployment(deployment.id))
  for (const step of deployment.steps) for (const { app } of step) ctx.changedApps.add(app)
}
