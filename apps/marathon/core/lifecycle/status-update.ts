/** Status updates of Mesos. */
import type { mesos } from '@thermosphere/protocol'
import { onAgentHealth, startHealthChecks } from '../health/index.ts'
import { parseTaskId } from '../ids/index.ts'
import { conditionOf, isFailure, isPlaced, isTerminal } from '../instance/index.ts'
import type { Condition, Instance, Placed, PlacedCondition } from '../instance/index.ts'
import { advanceBackoff, resetBackoff } from '../backoff.ts'
import { statusMessageCharsMax } from '../limits.ts'
import { keys } from '../state/index.ts'
import type { StepContext, TaskFailure } from '../state/index.ts'
import { formatTimestamp } from '../text/index.ts'
import { tellStatusUpdate } from './instance-events.ts'
import { sendKill } from './kills.ts'
import { setCondition, terminate } from './transitions.ts'
import { evaluateUnreachable } from './unreachable.ts'

export function onStatusUpdate(ctx: StepContext, status: mesos.TaskStatus): void {
  const instance = ctx.state.instances.ofTask(status.task_id.value)
  if (instance === undefined) onUnknownTask(ctx, status)
  else onKnownTask(ctx, instance, status)
  acknowledge(ctx, status)
}

function acknowledge(ctx: StepContext, status: mesos.TaskStatus): void {
  if (status.uuid === undefined || status.agent_id === undefined) return
  const { agent_id, task_id, uuid } = status
  ctx.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
}

function onUnknownTask(ctx: StepContext, status: mesos.TaskStatus): void {
  const condition = conditionOf(status)
  const taskId = status.task_id.value
  if (!isTerminal(condition)) {
    if (condition !== 'Unreachable') sendKill(ctx, taskId, status.agent_id?.value)
    return
  }
  const parsed = parseTaskId(taskId)
  if (parsed === undefined || ctx.state.instances.get(parsed.instanceId) !== undefined) return
  const { instanceId, appId } = parsed
  ctx.event('unknown_instance_terminated_event', { instanceId, runSpecId: appId, condition })
}

function onKnownTask(ctx: StepContext, instance: Instance, status: mesos.TaskStatus): void {
  const { state } = instance
  if (!isPlaced(state)) return
  const condition = conditionOf(status)
  const isRepeated = state.task.mesosState === status.state
  if (!isRepeated || hasNewAddresses(state, status)) updateTask(ctx, instance, { state, status })
  if (!isRepeated) tellStatusUpdate(ctx, instance, status)
  if (isTerminal(condition)) onEnd(ctx, instance, { condition, status })
  else onProgress(ctx, instance, { condition, status })
}

function addressesOf(status: mesos.TaskStatus): { ipAddress: string; protocol: string }[] | undefined {
  const infos = status.container_status?.network_infos
  return infos?.flatMap((info) =>
    (info.ip_addresses ?? []).flatMap(({ ip_address, protocol }) =>
      ip_address === undefined ? [] : [{ ipAddress: ip_address, protocol: protocol ?? 'IPv4' }],
    ),
  )
}

function hasNewAddresses(state: Placed, status: mesos.TaskStatus): boolean {
  const addresses = addressesOf(status)
  return addresses !== undefined && JSON.stringify(addresses) !== JSON.stringify(state.task.ipAddresses)
}

function updateTask(
  ctx: StepContext,
  instance: Instance,
  { state, status }: { readonly state: Placed; readonly status: mesos.TaskStatus },
): void {
  const at = status.timestamp === undefined ? ctx.now : Math.round(status.timestamp * 1000)
  const startedAt = state.task.startedAt ?? (status.state === 'TASK_RUNNING' ? at : undefined)
  const task = {
    ...state.task,
    mesosState: status.state,
    message: status.message?.slice(0, statusMessageCharsMax),
    startedAt,
    ipAddresses: addressesOf(status) ?? state.task.ipAddresses,
  }
  ctx.state.instances.setState(instance, { ...state, task })
  ctx.touch(instance)
}

type Ended = { readonly condition: Condition; readonly status: mesos.TaskStatus }

function onEnd(ctx: StepContext, instance: Instance, { condition, status }: Ended): void {
  if (isFailure(condition)) recordFailure(ctx, instance, { message: status.message ?? '', state: status.state })
  terminate(ctx, instance, condition)
  if (status.reason === 'REASON_AGENT_DRAINING') resetBackoff(ctx, instance.appId)
}

/** Keeps the last failure of the app. */
export function recordFailure(
  ctx: StepContext,
  instance: Instance,
  failure: { readonly message: string; readonly state: string },
): void {
  if (!isPlaced(instance.state) || !ctx.state.root.apps.has(instance.appId)) return
  const { agent, task } = instance.state
  const record: TaskFailure = {
    appId: instance.appId,
    host: agent.host,
    message: failure.message.slice(0, statusMessageCharsMax),
    state: failure.state,
    taskId: task.id,
    timestamp: formatTimestamp(ctx.now),
    version: instance.version,
    slaveId: agent.id,
  }
  ctx.state.failures.set(instance.appId, record)
  ctx.put(keys.failure(instance.appId), record)
}

function onProgress(ctx: StepContext, instance: Instance, { condition, status }: Ended): void {
  if (!isPlaced(instance.state) || condition === 'Scheduled' || isTerminal(condition)) return
  const before = instance.state.condition
  const isStillAway = condition === 'Unreachable' && before === 'UnreachableInactive'
  if (!isStillAway) moveTo(ctx, instance, { condition, status })
  if (condition === 'Running') onRunning(ctx, instance, status)
  if (condition === 'Unreachable') evaluateUnreachable(ctx, instance)
  if (before !== condition && condition !== 'Killing' && condition !== 'Unreachable')
    advanceBackoff(ctx, instance.appId)
}

function moveTo(
  ctx: StepContext,
  instance: Instance,
  { condition, status }: { readonly condition: PlacedCondition; readonly status: mesos.TaskStatus },
): void {
  const nanoseconds = status.unreachable_time?.nanoseconds
  const since =
    condition === 'Unreachable' && nanoseconds !== undefined ? Math.trunc(Number(nanoseconds) / 1e6) : ctx.now
  setCondition(ctx, instance, { condition, since })
}

function onRunning(ctx: StepContext, instance: Instance, status: mesos.TaskStatus): void {
  ctx.state.launching.delete(instance.id)
  startHealthChecks(ctx, instance)
  onAgentHealth(ctx, instance, status)
  if (status.check_status !== undefined) ctx.state.checkResults.set(instance.id, status.check_status)
}
