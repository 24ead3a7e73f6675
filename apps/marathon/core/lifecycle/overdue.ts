/** Launches that nobody answers, and reconciliation with the master. */
import { isPlaced } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import type { StepContext } from '../state/index.ts'
import { requestKill } from './kills.ts'

export const overdueTimer = 'overdue'
export const overdueInitialMs = 30_000
const overdueIntervalMs = 5_000
export const reconcileTimer = 'reconcile'

export function onOverdueCheck(ctx: StepContext): void {
  for (const instance of ctx.state.instances.all()) if (isOverdue(ctx, instance)) requestKill(ctx, instance)
  ctx.timer(overdueTimer, ctx.now + overdueIntervalMs)
}

function isOverdue(ctx: StepContext, instance: Instance): boolean {
  const { state } = instance
  const { taskLaunchConfirmTimeoutMs, taskLaunchTimeoutMs } = ctx.state.config
  switch (state.condition) {
    case 'Provisioned':
      return ctx.now >= state.since + taskLaunchConfirmTimeoutMs
    case 'Staging':
    case 'Starting':
      return ctx.now >= state.since + taskLaunchTimeoutMs
    default:
      return false
  }
}

/** Asks for the state of every task we know, then for all tasks the master knows. */
export function reconcile(ctx: StepContext): void {
  const placed = [...ctx.state.instances.all()].flatMap(({ state }) => (isPlaced(state) ? [state] : []))
  const tasks = placed.map(({ task, agent }) => ({ task_id: { value: task.id }, agent_id: { value: agent.id } }))
  if (tasks.length > 0) ctx.call({ type: 'RECONCILE', reconcile: { tasks } })
  ctx.call({ type: 'RECONCILE', reconcile: { tasks: [] } })
}
