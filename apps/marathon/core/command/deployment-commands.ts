/** Stopping a deployment, or going back to what was before it. */
import { cancelDeployment, updateRoot } from '../deployment/index.ts'
import type { Deployment } from '../deployment/index.ts'
import type { RootEditor } from '../group/index.ts'
import { resetBackoff } from '../backoff.ts'
import type { ApiResponse, Command } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { refusalOf } from './app-commands.ts'
import { deploymentResult, notFound } from './responses.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>

export function deleteDeployment(ctx: StepContext, command: Of<'delete-deployment'>): ApiResponse {
  const deployment = ctx.state.deployments.get(command.id)
  if (deployment === undefined) return notFound(`DeploymentPlan ${command.id} does not exist`)
  if (command.force) {
    cancelDeployment(ctx, deployment, 'canceled')
    return { status: 202 }
  }
  const outcome = updateRoot(ctx, {
    groupId: '/',
    force: true,
    edit: (editor) => {
      undo(ctx, editor, deployment)
      return undefined
    },
  })
  return outcome.kind === 'begun' ? deploymentResult(outcome) : refusalOf(outcome)
}

/** Restores the apps of this deployment; what others changed since stays. */
function undo(ctx: StepContext, editor: RootEditor, deployment: Deployment): void {
  for (const { id, before } of deployment.changes) {
    const current = ctx.state.root.apps.get(id)
    if (before === undefined) editor.removeApp(id)
    else if (current === undefined) editor.putApp(before)
    else editor.putApp({ ...before, version: current.version, versionInfo: current.versionInfo })
  }
  const deepestFirst = deployment.createdGroups.toSorted((left, right) => right.length - left.length)
  for (const id of deepestFirst) editor.removeGroupIfEmpty(id)
}

export function resetDelay(ctx: StepContext, command: Of<'reset-delay'>): ApiResponse {
  const { appId } = command
  if (!ctx.state.instances.waiting().has(appId)) return notFound(`Application ${appId} not found in tasks queue.`)
  resetBackoff(ctx, appId)
  return { status: 204 }
}
