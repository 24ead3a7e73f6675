import type { agentLink, mesos } from '@thermosphere/protocol'
import { forgetOperation, saveOperation, saveResources } from '../checkpoint/checkpoint.ts'
import { hex, uuidBytes } from '../ids.ts'
import { persistentPath } from '../plans/mounts.ts'
import { isCurrent } from './resources.ts'
import type { PendingOperation } from '../state.ts'
import { RETRY_MAX_MS, RETRY_MIN_MS } from '../tasks/status-updates.ts'
import type { Turn } from '../turn.ts'

/** Reservations and volumes: applied to the total, written down, and answered until the answer is acknowledged. */

export function applyOperation(turn: Turn, message: agentLink.MasterMessage_ApplyOperation): void {
  const uuid = hex(message.operation_uuid.value)
  if (turn.state.operations.has(uuid)) return
  const pending = createPending(turn, message, outcomeOf(turn, message))
  turn.state.operations.set(uuid, pending)
  saveOperation(turn, uuid, pending)
  turn.durable({ type: 'feedback', input: { type: 'operation-durable', uuid } })
}

type Outcome = Pick<mesos.OperationStatus, 'state' | 'message'>

function outcomeOf(turn: Turn, message: agentLink.MasterMessage_ApplyOperation): Outcome {
  if (!isCurrent(turn.state, message.resource_version_uuid)) {
    return { state: 'OPERATION_DROPPED', message: 'Operation assumes outdated resource state' }
  }
  const operation = withoutAllocation(message.operation)
  const applied = turn.state.total.apply(operation)
  if (!applied.ok) {
    renewVersion(turn)
    return { state: 'OPERATION_DROPPED', message: applied.error }
  }
  turn.state.total = applied.resources
  saveResources(turn)
  keepVolumes(turn, operation)
  return { state: 'OPERATION_FINISHED' }
}

/** The master has resources otherwise than they are: it is told how they are, and what it has sent so far is void. */
function renewVersion(turn: Turn): void {
  const { state } = turn
  state.resourceVersion = uuidBytes(state.random)
  const update_agent = {
    resource_version_uuid: { value: state.resourceVersion },
    total_resources: state.total.toWire(),
  }
  // Behind the writes that the total is made of.
  turn.durable({ type: 'send', message: { type: 'UPDATE_AGENT', update_agent } })
}

function createPending(
  turn: Turn,
  message: agentLink.MasterMessage_ApplyOperation,
  outcome: Outcome,
): PendingOperation {
  const { agentId, random } = turn.state
  const { operation } = message
  return {
    uuid: message.operation_uuid.value,
    operation,
    frameworkId: message.framework_id?.value,
    status: {
      ...(operation.id === undefined ? {} : { operation_id: operation.id }),
      ...outcome,
      uuid: { value: uuidBytes(random) },
      ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
    },
    durable: false,
    retryMs: RETRY_MIN_MS,
  }
}

/** The agent's total knows no allocations. */
function withoutAllocation(operation: mesos.Offer_Operation): mesos.Offer_Operation {
  const strip = (resources: readonly mesos.Resource[] | undefined): mesos.Resource[] =>
    (resources ?? []).map(({ allocation_info: _role, ...resource }) => resource)
  const one = (resource: mesos.Resource): mesos.Resource => strip([resource])[0] ?? resource
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  return {
    ...operation,
    ...(reserve && {
      reserve: {
        ...reserve,
        resources: strip(reserve.resources),
        ...(reserve.source && { source: strip(reserve.source) }),
      },
    }),
    ...(unreserve && { unreserve: { ...unreserve, resources: strip(unreserve.resources) } }),
    ...(create && { create: { ...create, volumes: strip(create.volumes) } }),
    ...(destroy && { destroy: { ...destroy, volumes: strip(destroy.volumes) } }),
    ...(grow && { grow_volume: { ...grow, volume: one(grow.volume), addition: one(grow.addition) } }),
    ...(shrink && { shrink_volume: { ...shrink, volume: one(shrink.volume) } }),
  }
}

function keepVolumes(turn: Turn, operation: mesos.Offer_Operation): void {
  const { workDir } = turn.state.config
  for (const volume of operation.create?.volumes ?? []) {
    const path = persistentPath(workDir, volume)
    if (path !== undefined) turn.durable({ type: 'make-volume', path })
  }
  removeVolumes(turn, operation)
}

/** What lies in a volume of which nothing is left goes with it; another of the same name may be there since. */
function removeVolumes(turn: Turn, operation: mesos.Offer_Operation): void {
  const { config, total } = turn.state
  const kept = new Set(
    total
      .persistentVolumes()
      .toWire()
      .map((volume) => persistentPath(config.workDir, volume)),
  )
  for (const volume of operation.destroy?.volumes ?? []) {
    const path = persistentPath(config.workDir, volume)
    const keepRoot = volume.disk?.source?.type === 'MOUNT'
    if (path !== undefined && !kept.has(path)) turn.durable({ type: 'remove-volume', path, keepRoot })
  }
}

/** The agent may have ended before it came to that: an operation is in its books until the master has the answer. */
export function resumeRemovals(turn: Turn): void {
  for (const { operation, status } of turn.state.operations.values())
    if (status.state === 'OPERATION_FINISHED') removeVolumes(turn, operation)
}

export function onOperationDurable(turn: Turn, uuid: string): void {
  const operation = turn.state.operations.get(uuid)
  if (operation === undefined) return
  operation.durable = true
  sendOperation(turn, uuid, operation)
}

function sendOperation(turn: Turn, uuid: string, operation: PendingOperation): void {
  if (!operation.durable || turn.state.link.type !== 'registered') return
  turn.soon({
    type: 'send',
    message: {
      type: 'OPERATION_STATUS',
      operation_status: {
        ...(operation.frameworkId === undefined ? {} : { framework_id: { value: operation.frameworkId } }),
        operation_uuid: { value: operation.uuid },
        status: operation.status,
        latest_status: operation.status,
      },
    },
  })
  turn.timer(`operation/${uuid}`, turn.now + operation.retryMs)
}

export function onOperationTimer(turn: Turn, uuid: string): void {
  const operation = turn.state.operations.get(uuid)
  if (operation === undefined) return
  operation.retryMs = Math.min(operation.retryMs * 2, RETRY_MAX_MS)
  sendOperation(turn, uuid, operation)
}

export function resendOperations(turn: Turn): void {
  for (const [uuid, operation] of turn.state.operations) {
    operation.retryMs = RETRY_MIN_MS
    sendOperation(turn, uuid, operation)
  }
}

export function acknowledgeOperation(turn: Turn, message: agentLink.MasterMessage_OperationAck): void {
  const uuid = hex(message.operation_uuid.value)
  const operation = turn.state.operations.get(uuid)
  const statusUuid = operation?.status.uuid?.value
  if (statusUuid === undefined || hex(statusUuid) !== hex(message.status_uuid.value)) return
  turn.state.operations.delete(uuid)
  turn.timer(`operation/${uuid}`, undefined)
  forgetOperation(turn, uuid)
}

/** The master asks about operations that it believes to be here; those that never arrived were dropped. */
export function reconcileOperations(turn: Turn, message: agentLink.MasterMessage_ReconcileOperations): void {
  for (const { value } of message.operation_uuids ?? []) {
    const uuid = hex(value)
    const known = turn.state.operations.get(uuid)
    if (known !== undefined) {
      sendOperation(turn, uuid, known)
      continue
    }
    const pending: PendingOperation = {
      ...createPending(
        turn,
        { operation: { type: 'UNKNOWN' }, operation_uuid: { value } },
        { state: 'OPERATION_DROPPED' },
      ),
      durable: true,
    }
    turn.state.operations.set(uuid, pending)
    sendOperation(turn, uuid, pending)
  }
}
