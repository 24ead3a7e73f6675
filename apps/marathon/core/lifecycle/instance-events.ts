/** The events that tell of instances. */
import type { mesos } from '@thermosphere/protocol'
import { isPlaced } from '../instance/index.ts'
import type { Condition, Instance } from '../instance/index.ts'
import type { StepContext } from '../state/index.ts'

export function tellInstanceChanged(ctx: StepContext, instance: Instance, condition: Condition): void {
  const { state } = instance
  const agent = isPlaced(state) ? state.agent : undefined
  ctx.event('instance_changed_event', {
    instanceId: instance.id,
    condition,
    runSpecId: instance.appId,
    agentId: agent?.id,
    host: agent?.host,
    runSpecVersion: instance.version,
  })
}

export function tellStatusUpdate(ctx: StepContext, instance: Instance, status: mesos.TaskStatus): void {
  const placed = isPlaced(instance.state) ? instance.state : undefined
  ctx.event('status_update_event', {
    slaveId: placed?.agent.id ?? '',
    taskId: status.task_id.value,
    taskStatus: status.state,
    message: status.message ?? '',
    appId: instance.appId,
    host: placed?.agent.host ?? 'unknown',
    ipAddresses: placed?.task.ipAddresses ?? [],
    ports: (placed?.task.ports ?? []).filter((port) => port !== null),
    version: instance.version,
  })
}
