import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Millis } from '@thermosphere/effects'
import { sendEvent, sendStatus } from '../emit.ts'
import { partitionState } from '../states.ts'
import type { Rest } from '../steps/rest.ts'
import { masterStatus } from '../tasks.ts'
import type { StatusDraft } from '../tasks.ts'
import type { Framework, Master, Operation, Task } from '../model.ts'

type Asked = scheduler.Call_Reconcile_Task

/** An empty list asks for everything the master holds; otherwise each task gets at most one answer. */
export function* onReconcile(m: Master, framework: Framework, asked: readonly Asked[]): Rest {
  m.counters.add('master/messages_reconcile_tasks')
  for (const task of asked) {
    reconcileTask(m, framework, task)
    yield
  }
  if (asked.length > 0) return
  for (const task of framework.tasks.values()) {
    sendStatus(m, framework, latestState(m, task))
    yield
  }
}

export function reconcileTask(m: Master, framework: Framework, asked: Asked): void {
  const known = framework.tasks.get(asked.task_id.value)
  if (known) return sendStatus(m, framework, latestState(m, known))
  const draft = absentTask(m, framework, asked)
  if (draft) sendStatus(m, framework, masterStatus(m, draft))
}

const base = { reason: 'REASON_RECONCILIATION' } as const

/** The state of the update last forwarded, not the newest known: the scheduler shall not skip one. */
function latestState(m: Master, task: Task): mesos.TaskStatus {
  const { wire } = task
  const last = wire.statuses?.findLast((status) => status.uuid !== undefined) ?? wire.statuses?.at(-1)
  const state = wire.status_update_state ?? wire.state
  return masterStatus(m, {
    ...base,
    task_id: wire.task_id,
    state,
    message: 'Reconciliation: Latest task state',
    agent_id: wire.agent_id,
    ...(wire.executor_id && { executor_id: wire.executor_id }),
    ...(last?.healthy !== undefined && { healthy: last.healthy }),
    ...(last?.check_status && { check_status: last.check_status }),
    ...(last?.container_status && { container_status: last.container_status }),
    ...(last?.labels && { labels: last.labels }),
  })
}

/** What can be said of a task that is not in the books; nothing while its agent may still return with it. */
function absentTask(m: Master, framework: Framework, asked: Asked): StatusDraft | undefined {
  const agentId = asked.agent_id?.value
  const draft = { ...base, task_id: asked.task_id, ...(asked.agent_id && { agent_id: asked.agent_id }) }
  const state = (name: Parameters<typeof partitionState>[1]) => partitionState(framework.capabilities, name)
  if (agentId === undefined ? m.recoveredAgents.size > 0 : m.recoveredAgents.has(agentId)) return undefined
  if (agentId === undefined || !isKnownAgent(m, agentId)) {
    return { ...draft, state: state('TASK_UNKNOWN'), message: 'Reconciliation: Task is unknown' }
  }
  if (m.agents.has(agentId))
    return { ...draft, state: state('TASK_GONE'), message: 'Reconciliation: Task is unknown to the agent' }
  const unreachable = m.unreachableAgents.get(agentId)
  if (!unreachable) return { ...draft, state: state('TASK_GONE_BY_OPERATOR'), message: 'Reconciliation: Task is gone' }
  return {
    ...draft,
    state: state('TASK_UNREACHABLE'),
    message: 'Reconciliation: Task is unreachable',
    unreachable_time: timeInfo(unreachable.at),
  }
}

const isKnownAgent = (m: Master, id: string): boolean =>
  m.agents.has(id) || m.unreachableAgents.has(id) || m.goneAgents.has(id)

/** Milliseconds as the wire's nanoseconds, exact. */
export const timeInfo = (at: Millis): mesos.TimeInfo => ({ nanoseconds: BigInt(Math.round(at * 1000)) * 1000n })

type AskedOperation = scheduler.Call_ReconcileOperations_Operation

export function onReconcileOperations(m: Master, framework: Framework, asked: readonly AskedOperation[]): void {
  m.counters.add('master/messages_reconcile_operations')
  const named = [...framework.operations.values()].filter((operation) => operation.info.id !== undefined)
  if (asked.length === 0) {
    for (const operation of named) sendOperation(m, framework, withoutUuid(operation))
    return
  }
  for (const one of asked) {
    const known = named.find((operation) => operation.info.id?.value === one.operation_id.value)
    sendOperation(m, framework, known ? withoutUuid(known) : absentOperation(m, one))
  }
}

export function sendOperation(m: Master, framework: Framework, status: mesos.OperationStatus): void {
  sendEvent(m, framework, { type: 'UPDATE_OPERATION_STATUS', update_operation_status: { status } })
}

/** Only what is to be acknowledged carries a uuid. */
function withoutUuid(operation: Operation): mesos.OperationStatus {
  const { uuid: _uuid, ...status } = operation.latest
  return status
}

function absentOperation(m: Master, asked: AskedOperation): mesos.OperationStatus {
  const agentId = asked.agent_id?.value
  const [state, message] = operationVerdict(m, agentId)
  return {
    operation_id: asked.operation_id,
    state,
    message: `Reconciliation: ${message}`,
    ...(asked.agent_id && { agent_id: asked.agent_id }),
    ...(asked.resource_provider_id && { resource_provider_id: asked.resource_provider_id }),
  }
}

function operationVerdict(m: Master, agentId: string | undefined): [mesos.OperationState, string] {
  if (agentId === undefined) return ['OPERATION_UNKNOWN', "Operation is unknown and no 'agent_id' was provided"]
  if (m.recoveredAgents.has(agentId)) return ['OPERATION_RECOVERING', 'Agent is recovered but has not re-registered']
  if (m.agents.has(agentId)) return ['OPERATION_UNKNOWN', 'Operation is unknown']
  if (m.unreachableAgents.has(agentId)) return ['OPERATION_UNREACHABLE', 'Agent is unreachable']
  if (m.goneAgents.has(agentId)) return ['OPERATION_GONE_BY_OPERATOR', 'Agent marked gone by operator']
  return ['OPERATION_UNKNOWN', 'Both operation and agent are unknown']
}
