import type { agentLink, mesos } from '@thermosphere/protocol'
import { operationConversions, Resources } from '@thermosphere/offer-engine'
import type { Conversion } from '@thermosphere/offer-engine'
import { tellAgent } from './emit.ts'
import { isCompleted } from './frameworks.ts'
import { sendOperation } from './scheduler/reconcile.ts'
import { finishDrainIfIdle } from './agents/drain.ts'
import { isTerminalOperation } from './states.ts'
import type { Agent, FrameworkId, Master, Operation } from './model.ts'

/** The agent is back with its own total: operations that it does not know are asked about, others are adopted. */
export function reconcileOperations(m: Master, agent: Agent, reported: readonly mesos.Operation[]): void {
  const known = new Set(reported.map((wire) => wire.uuid.value.toHex()))
  const lost = [...agent.operations.values()].filter((operation) => !known.has(operation.uuid))
  assumeNothing(agent)
  for (const wire of reported) if (!agent.operations.has(wire.uuid.value.toHex())) adoptOperation(m, agent, wire)
  if (lost.length === 0) return
  const operation_uuids = lost.map((operation) => ({ value: operation.uuidBytes }))
  tellAgent(m, agent, { type: 'RECONCILE_OPERATIONS', reconcile_operations: { operation_uuids } })
}

/** The agent has said what it has: nothing of it is on trust any more. */
export function assumeNothing(agent: Agent): void {
  for (const operation of agent.operations.values()) operation.assumed = false
}

/** The master's books of an operation that its agent is told to apply. */
export function startOperation(
  m: Master,
  agent: Agent,
  info: mesos.Offer_Operation,
  frameworkId: FrameworkId | undefined,
): Operation {
  const uuidBytes = m.random.bytes(16)
  const operation = newOperation(agent, info, frameworkId, uuidBytes)
  keepOperation(m, agent, operation)
  countOperation(m, operation, 'OPERATION_PENDING')
  tellAgent(m, agent, {
    type: 'APPLY_OPERATION',
    apply_operation: {
      ...(frameworkId !== undefined && { framework_id: { value: frameworkId } }),
      operation: info,
      operation_uuid: { value: uuidBytes },
      ...(agent.resourceVersion && { resource_version_uuid: agent.resourceVersion }),
    },
  })
  return operation
}

function newOperation(
  agent: Agent,
  info: mesos.Offer_Operation,
  frameworkId: FrameworkId | undefined,
  uuidBytes: Uint8Array,
): Operation {
  const pending = {
    ...(info.id && { operation_id: info.id }),
    state: 'OPERATION_PENDING',
    agent_id: { value: agent.id },
  } as const
  return {
    uuid: uuidBytes.toHex(),
    uuidBytes,
    frameworkId,
    agentId: agent.id,
    info,
    assumed: true,
    latest: pending,
    statuses: [],
  }
}

/** An operation that a returning agent still has, as it reports it. */
export function adoptOperation(m: Master, agent: Agent, wire: mesos.Operation): void {
  const uuidBytes = wire.uuid.value
  const frameworkId = wire.framework_id?.value
  const operation = {
    ...newOperation(agent, wire.info, frameworkId, uuidBytes),
    assumed: false,
    latest: wire.latest_status,
    statuses: wire.statuses ?? [],
  }
  keepOperation(m, agent, operation)
}

function keepOperation(m: Master, agent: Agent, operation: Operation): void {
  agent.operations.set(operation.uuid, operation)
  const framework = operation.frameworkId === undefined ? undefined : m.frameworks.get(operation.frameworkId)
  framework?.operations.set(operation.uuid, operation)
}

export function forgetOperation(m: Master, operation: Operation): void {
  const agent = m.agents.get(operation.agentId)
  agent?.operations.delete(operation.uuid)
  if (operation.frameworkId !== undefined) m.frameworks.get(operation.frameworkId)?.operations.delete(operation.uuid)
  if (agent) finishDrainIfIdle(m, agent)
}

function countOperation(m: Master, operation: Operation, state: mesos.OperationState): void {
  if (!isTerminalOperation(state)) return
  const name = state.toLowerCase().replace('operation_', '')
  m.counters.add(`master/operations/${name}`)
  m.counters.add(`master/operations/${(operation.info.type ?? 'unknown').toLowerCase()}/${name}`)
}

/** The agent says how an operation went. Without an id nobody else asked, so the master acknowledges. */
export function onOperationStatus(m: Master, agent: Agent, update: agentLink.AgentMessage_OperationStatus): void {
  m.counters.add('master/messages_operation_status_update')
  const operation = agent.operations.get(update.operation_uuid.value.toHex())
  if (!operation) return m.counters.add('master/invalid_operation_status_updates')
  m.counters.add('master/valid_operation_status_updates')
  recordStatus(m, agent, operation, update.status)
  const framework = operation.frameworkId === undefined ? undefined : m.frameworks.get(operation.frameworkId)
  if (operation.info.id && framework) return sendOperation(m, framework, forFramework(operation, update.status, agent))
  if (operation.info.id && isAwaited(m, operation.frameworkId)) return
  acknowledge(m, agent, operation, update.status)
  if (isTerminalOperation(operation.latest.state)) forgetOperation(m, operation)
}

/** How long a new leader leaves operations to frameworks that have not come back, as in Mesos. */
const ORPHAN_OPERATION_WAIT_MS = 300_000

/** Its agent says so again, until it has come back or is not expected any more. */
function isAwaited(m: Master, frameworkId: FrameworkId | undefined): boolean {
  if (frameworkId === undefined || m.now - m.electedAt >= ORPHAN_OPERATION_WAIT_MS) return false
  return !isCompleted(m, frameworkId)
}

/** What the converted resources are is the answer of asynchronous operations only; speculative ones are known. */
function forFramework(operation: Operation, status: mesos.OperationStatus, agent: Agent): mesos.OperationStatus {
  const { converted_resources: _converted, ...rest } = status
  return { ...rest, ...(operation.info.id && { operation_id: operation.info.id }), agent_id: { value: agent.id } }
}

function recordStatus(m: Master, agent: Agent, operation: Operation, status: mesos.OperationStatus): void {
  const wasTerminal = isTerminalOperation(operation.latest.state)
  operation.latest = status
  operation.statuses = [...operation.statuses.slice(-9), status]
  if (wasTerminal || !isTerminalOperation(status.state)) return
  countOperation(m, operation, status.state)
  if (status.state !== 'OPERATION_FINISHED') undoSpeculation(m, agent, operation)
}

/** The agent refused what the master had assumed: the total is what it was before. */
function undoSpeculation(m: Master, agent: Agent, operation: Operation): void {
  const conversions = operation.assumed ? unallocatedConversions(operation.info) : undefined
  if (!conversions) return
  const reversed = conversions
    .map(({ consumed, converted }) => ({ consumed: converted, converted: consumed }))
    .reverse()
  const result = agent.total.convert(reversed)
  if (result.ok) setTotal(m, agent, result.resources)
}

function acknowledge(m: Master, agent: Agent, operation: Operation, status: mesos.OperationStatus): void {
  if (!status.uuid) return
  const ack = { operation_uuid: { value: operation.uuidBytes }, status_uuid: status.uuid }
  tellAgent(m, agent, { type: 'OPERATION_ACK', operation_ack: ack })
}

/** An agent's total changed outside of an offer. */
export function setTotal(m: Master, agent: Agent, total: Resources): void {
  agent.total = total
  m.allocator.updateAgent(agent.id, { total })
}

const unallocated = (resources: readonly mesos.Resource[]): mesos.Resource[] =>
  resources.map(({ allocation_info: _allocation, ...rest }) => rest)

/** What an operation does to the agent's total, where nothing is allocated. */
export function unallocatedConversions(info: mesos.Offer_Operation): readonly Conversion[] | undefined {
  const conversions = operationConversions(info)
  if (typeof conversions === 'string') return undefined
  return conversions.map(({ consumed, converted, mustVanish }) => ({
    consumed: unallocated(consumed),
    converted: unallocated(converted),
    ...(mustVanish && { mustVanish: unallocated([mustVanish])[0] ?? mustVanish }),
  }))
}

/** Everything that the operation makes, with the offer's allocation. */
export function convertedResources(info: mesos.Offer_Operation): Resources {
  const conversions = operationConversions(info)
  if (typeof conversions === 'string') return Resources.empty
  return Resources.fromWire(conversions.flatMap(({ converted }) => [...converted]))
}

/** Everything that it takes for that. */
export function consumedResources(info: mesos.Offer_Operation): Resources {
  const conversions = operationConversions(info)
  if (typeof conversions === 'string') return Resources.empty
  return Resources.fromWire(conversions.flatMap(({ consumed }) => [...consumed]))
}

/** An operation in the books as endpoints show it. */
export function operationWire(operation: Operation): mesos.Operation {
  return {
    ...(operation.frameworkId !== undefined && { framework_id: { value: operation.frameworkId } }),
    agent_id: { value: operation.agentId },
    info: operation.info,
    latest_status: operation.latest,
    statuses: operation.statuses,
    uuid: { value: operation.uuidBytes },
  }
}
