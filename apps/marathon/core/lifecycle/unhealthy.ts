import { isPlaced } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import type { StepContext } from '../state/index.ts'
import { recordFailure } from './status-update.ts'
import { killTask } from './transitions.ts'

/** Too many health checks in a row failed: the task is killed, its instance comes back. */
export function killUnhealthy(ctx: StepContext, instance: Instance, cause: string): void {
  if (!isPlaced(instance.state)) return
  const { agent, task } = instance.state
  if (ctx.state.kills.has(task.id) || ctx.state.killQueue.has(task.id)) return
  const message = `Task was killed since health check failed. Reason: ${cause}`
  ctx.event('unhealthy_instance_kill_event', {
    appId: instance.appId,
    taskId: task.id,
    instanceId: instance.id,
    version: instance.version,
    reason: cause,
    host: agent.host,
    slaveId: agent.id,
  })
  recordFailure(ctx, instance, { message, state: task.mesosState ?? 'TASK_RUNNING' })
  killTask(ctx, instance)
}
