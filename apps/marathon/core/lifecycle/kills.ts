/** Kills: a bounded number in flight, the rest in a queue, resent until Mesos tells that the task has ended. */
import { isPlaced } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import type { StepContext } from '../state/index.ts'

export const killRetryTimer = 'kill-retry'

/** Asks for the end of the instance's task; again and again until it has ended. */
export function requestKill(ctx: StepContext, instance: Instance): void {
  if (!isPlaced(instance.state)) return
  const { killQueue, kills } = ctx.state
  const { id } = instance.state.task
  if (!kills.has(id)) killQueue.add(id)
  pumpKills(ctx)
}

export function endKill(ctx: StepContext, taskId: string): void {
  const { killQueue, kills } = ctx.state
  killQueue.delete(taskId)
  if (kills.delete(taskId)) pumpKills(ctx)
}

function pumpKills(ctx: StepContext): void {
  const { killQueue, kills, instances, config } = ctx.state
  for (const taskId of killQueue) {
    if (kills.size >= config.killChunkSize) return
    killQueue.delete(taskId)
    const instance = instances.ofTask(taskId)
    if (instance === undefined || !isPlaced(instance.state)) continue
    if (kills.size === 0) ctx.timer(killRetryTimer, ctx.now + config.killRetryTimeoutMs)
    const agentId = instance.state.agent.id
    kills.set(taskId, { instanceId: instance.id, agentId, attempts: 1, sentAt: ctx.now })
    sendKill(ctx, taskId, agentId)
  }
}

export function sendKill(ctx: StepContext, taskId: string, agentId: string | undefined): void {
  const agent = agentId === undefined ? {} : { agent_id: { value: agentId } }
  ctx.call({ type: 'KILL', kill: { task_id: { value: taskId }, ...agent } })
}

export function onKillRetry(ctx: StepContext): void {
  const { kills, config } = ctx.state
  for (const [taskId, kill] of kills) {
    if (kill.sentAt + config.killRetryTimeoutMs > ctx.now) continue
    kill.attempts++
    kill.sentAt = ctx.now
    sendKill(ctx, taskId, kill.agentId)
  }
  if (kills.size > 0) ctx.timer(killRetryTimer, ctx.now + config.killRetryTimeoutMs)
}

/** After a new subscription nobody knows which kills arrived. */
export function resendKills(ctx: StepContext): void {
  for (const [taskId, kill] of ctx.state.kills) {
    kill.sentAt = ctx.now
    sendKill(ctx, taskId, kill.agentId)
  }
}
