import { assertNever } from '@thermosphere/effects'
import type { Millis } from '@thermosphere/effects'
import type { agentLink } from '@thermosphere/protocol'
import { onCheckResult, onCheckTimer } from './tasks/checkers.ts'
import { completeFrameworkIfIdle, settleTask } from './executors/completion.ts'
import { onRegistrationTimer as onExecutorRegistrationTimer, onShutdownTimer } from './executors/custom-executors.ts'
import { askToReconnect } from './executors/drivers.ts'
import { carryDrainOn, drainAgent } from './drain.ts'
import type { AgentEffect } from './effects.ts'
import { onExecutorCall, onExecutorGone, onFrameworkMessage, onSubscribe } from './executors/executor-api.ts'
import { shutDownExecutor, shutDownFramework, updateFramework } from './executors/frameworks.ts'
import type { AgentInput } from './inputs.ts'
import { escalateKill, graceOf, killTask, killTaskRun } from './tasks/kills.ts'
import { runTask, runTaskGroup } from './executors/launch.ts'
import {
  acknowledgeOperation,
  applyOperation,
  onOperationDurable,
  onOperationTimer,
  reconcileOperations,
} from './resources/operations.ts'
import { tellOversubscribed } from './resources/oversubscription.ts'
import { onLoad, onLoadTimer } from './executors/preemption.ts'
import { customLimits } from './plans/plans.ts'
import { onRecovered, onRecoveryTimer } from './checkpoint/resume.ts'
import {
  answerWaits,
  endOrphans,
  onOperatorCall,
  onOperatorEnded,
  onOperatorGone,
  onOperatorLaunched,
  onOperatorLaunchFailed,
  onSessionClosed,
} from './operator-containers/index.ts'
import {
  onLinkDown,
  onLinkUp,
  onPing,
  onPingTimer,
  onRegistered,
  onRegistrationTimer,
  onReregistered,
} from './registration.ts'
import { findPlace, onEnded, onLaunched, onLaunchFailed, onMaxCompletion, onUpdateFailed } from './tasks/runs.ts'
import { beginShutdown, exitIfIdle, exitNow } from './shutdown.ts'
import type { AgentState } from './state.ts'
import { acknowledge, onRetryTimer, onUpdatesDurable, taskOf } from './tasks/status-updates.ts'
import { Turn } from './turn.ts'

/** The agent's decisions: one input in, everything that follows from it out. */
export function step(state: AgentState, input: AgentInput, now: Millis): AgentEffect[] {
  const turn = new Turn(state, now)
  dispatch(turn, input)
  if (state.operatorContainers.size > 0 || state.containerWaits.size > 0) endOrphans(turn)
  if (state.shuttingDown) exitIfIdle(turn)
  if (state.drain !== undefined) carryDrainOn(turn)
  return turn.finish()
}

function dispatch(turn: Turn, input: AgentInput): void {
  switch (input.type) {
    case 'master':
      return onMaster(turn, input.message)
    case 'timer':
      return onTimer(turn, input.key)
    case 'launched':
    case 'launch-failed':
    case 'ended':
      return onContainer(turn, input)
    case 'update-failed':
      return onUpdateFailed(turn, input.containerId, input.message)
    case 'updates-durable':
      return onUpdatesDurable(turn, input)
    case 'operation-durable':
      return onOperationDurable(turn, input.uuid)
    case 'check-result':
      return onChecked(turn, input)
    case 'executor-subscribe':
      return onSubscribe(turn, input)
    case 'executor-call':
      return onExecutorCall(turn, input)
    case 'executor-gone':
      return onExecutorGone(turn, input.connectionId)
    case 'operator-call':
      return onOperatorCall(turn, input)
    case 'operator-gone':
      return onOperatorGone(turn, input.requestId)
    case 'session-closed':
      return onSessionClosed(turn, input.containerKey)
    case 'link-up':
      return onLinkUp(turn)
    case 'link-down':
      return onLinkDown(turn)
    case 'recovered':
      return onRecovered(turn, input)
    case 'load':
      return onLoad(turn, input)
    case 'shut-down':
      return beginShutdown(turn, input)
    default:
      return assertNever(input)
  }
}

type ContainerInput = Extract<AgentInput, { type: 'launched' | 'launch-failed' | 'ended' }>

/** Containers of operators and those of executors and tasks have nothing in common but the containerizer. */
function onContainer(turn: Turn, input: ContainerInput): void {
  const { containerId } = input
  const container = turn.state.operatorContainers.get(containerId)
  if (input.type === 'launched') {
    return container === undefined ? onLaunched(turn, input) : onOperatorLaunched(turn, container, input)
  }
  if (input.type === 'launch-failed') {
    if (container !== undefined) return onOperatorLaunchFailed(turn, container, input.message)
    answerWaits(turn, containerId, {})
    return onLaunchFailed(turn, containerId, input.message)
  }
  if (container !== undefined) return onOperatorEnded(turn, container, input.end)
  answerWaits(turn, containerId, input.end)
  onEnded(turn, containerId, input.end)
}

function onChecked(turn: Turn, input: Extract<AgentInput, { type: 'check-result' }>): void {
  const owner = turn.state.containers.get(input.containerId)
  if (owner?.taskId === undefined) return
  const place = findPlace(turn, { ...owner, taskId: owner.taskId })
  if (place === undefined || !onCheckResult(turn, place, input)) return
  killTaskRun(turn, place, { cause: 'health', graceMs: graceOf(turn, place, undefined) })
}

/** Messages count only from a master that this agent is (being) registered with. */
function onMaster(turn: Turn, message: agentLink.MasterMessage): void {
  if (message.registered !== undefined) return onRegistered(turn, message.registered)
  if (message.reregistered !== undefined) return onReregistered(turn, message.reregistered)
  if (message.ping !== undefined) return onPing(turn, message.ping.connected)
  if (message.type === 'SHUTDOWN') {
    return beginShutdown(turn, { message: message.shutdown?.message ?? 'the master asks to', unregister: false })
  }
  if (message.refused !== undefined) {
    turn.soon({ type: 'reconnect', reason: message.refused.message })
    return
  }
  if (turn.state.link.type === 'registered') onOrder(turn, message)
}

function onOrder(turn: Turn, message: agentLink.MasterMessage): void {
  if (message.run_task !== undefined) runTask(turn, message.run_task)
  else if (message.run_task_group !== undefined) runTaskGroup(turn, message.run_task_group)
  else if (message.status_update_ack !== undefined) onAcknowledged(turn, message.status_update_ack)
  else if (message.kill_task !== undefined) {
    const { framework_id, task_id, kill_policy: policy } = message.kill_task
    killTask(turn, { frameworkId: framework_id.value, taskId: task_id.value, policy })
  } else if (message.shutdown_framework !== undefined) {
    shutDownFramework(turn, message.shutdown_framework.framework_id.value)
  } else if (message.shutdown_executor !== undefined) onShutdownExecutor(turn, message.shutdown_executor)
  else if (message.framework_message !== undefined) {
    const { framework_id, executor_id, data } = message.framework_message
    onFrameworkMessage(turn, { frameworkId: framework_id.value, executorId: executor_id.value }, data)
  } else if (message.update_framework !== undefined) updateFramework(turn, message.update_framework.framework_info)
  else if (message.apply_operation !== undefined) applyOperation(turn, message.apply_operation)
  else if (message.operation_ack !== undefined) acknowledgeOperation(turn, message.operation_ack)
  else if (message.reconcile_operations !== undefined) reconcileOperations(turn, message.reconcile_operations)
  else if (message.drain !== undefined) drainAgent(turn, message.drain.config)
}

function onAcknowledged(turn: Turn, ack: agentLink.MasterMessage_StatusUpdateAck): void {
  const framework = turn.state.frameworks.get(ack.framework_id.value)
  if (framework === undefined) return
  const done = acknowledge(turn, framework, ack)
  if (done?.closed !== true) return
  const executor = framework.executors.get(done.stream.executorId)
  const task = taskOf(framework, done.stream)
  if (executor !== undefined && task !== undefined) settleTask(turn, { framework, executor, task })
  else completeFrameworkIfIdle(turn, framework)
}

function onShutdownExecutor(turn: Turn, message: agentLink.MasterMessage_ShutdownExecutor): void {
  const framework = turn.state.frameworks.get(message.framework_id.value)
  const executor = framework?.executors.get(message.executor_id.value)
  if (framework !== undefined && executor !== undefined) shutDownExecutor(turn, framework, executor)
}

/** Timer keys are paths; ids hold no `/`. */
function onTimer(turn: Turn, key: string): void {
  const [area = '', frameworkId = '', executorId = '', taskId = '', last = ''] = key.split('/')
  if (area === 'registration') return onRegistrationTimer(turn)
  if (area === 'ping') return onPingTimer(turn)
  if (area === 'exit') return exitNow(turn)
  if (area === 'oversubscribed') return tellOversubscribed(turn, { anyway: false })
  if (area === 'load') return onLoadTimer(turn)
  if (area === 'recovery') return onRecoveryTimer(turn)
  if (area === 'operation') return onOperationTimer(turn, frameworkId)
  if (area === 'update') return onRetryTimer(turn, frameworkId, executorId)
  if (area === 'kill' || area === 'max' || area === 'check') {
    const place = findPlace(turn, { frameworkId, executorId, taskId })
    if (place === undefined) return
    if (area === 'kill') return escalateKill(turn, place)
    if (area === 'max') return onMaxCompletion(turn, place)
    return onCheckTimer(turn, place, last === 'check' ? 'check' : 'health')
  }
  const executor = turn.state.frameworks.get(frameworkId)?.executors.get(executorId)
  if (executor === undefined) return
  if (area === 'register') onExecutorRegistrationTimer(turn, executor)
  else if (area === 'shutdown') onShutdownTimer(turn, executor)
  else if (area === 'reconnect') askToReconnect(turn, executor)
  else if (area === 'limits') {
    turn.soon({ type: 'update-limits', containerId: executor.containerId, limits: customLimits(executor) })
  }
}
