import type { scheduler } from '@thermosphere/protocol'
import { tellAgent } from '../emit.ts'
import { forgetOperation } from '../operations.ts'
import { isTerminal, isTerminalOperation } from '../states.ts'
import { removeTask } from '../tasks.ts'
import type { Framework, Master } from '../model.ts'

/** The scheduler has an update. If it was the terminal one the task is complete. */
export function onAcknowledge(m: Master, framework: Framework, acknowledge: scheduler.Call_Acknowledge): void {
  m.counters.add('master/messages_status_update_acknowledgement')
  const agent = m.agents.get(acknowledge.agent_id.value)
  if (!agent?.connected) return m.counters.add('master/invalid_status_update_acknowledgements')
  const task = framework.tasks.get(acknowledge.task_id.value)
  const { task_id, uuid } = acknowledge
  const ack = { framework_id: { value: framework.id }, task_id, uuid }
  tellAgent(m, agent, { type: 'STATUS_UPDATE_ACK', status_update_ack: ack })
  m.counters.add('master/valid_status_update_acknowledgements')
  if (!task || task.agentId !== agent.id) return
  const { status_update_state: state, status_update_uuid: expected } = task.wire
  if (state && expected && isTerminal(state) && sameBytes(expected, uuid)) removeTask(m, framework, agent, task)
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

export function onAcknowledgeOperation(
  m: Master,
  framework: Framework,
  acknowledge: scheduler.Call_AcknowledgeOperationStatus,
): void {
  m.counters.add('master/messages_operation_status_update_acknowledgement')
  const operation = [...framework.operations.values()].find(
    (one) => one.info.id?.value === acknowledge.operation_id.value,
  )
  const agent = operation && m.agents.get(operation.agentId)
  if (!operation || !agent?.connected) return m.counters.add('master/invalid_operation_status_update_acknowledgements')
  m.counters.add('master/valid_operation_status_update_acknowledgements')
  const ack = { operation_uuid: { value: operation.uuidBytes }, status_uuid: { value: acknowledge.uuid } }
  tellAgent(m, agent, { type: 'OPERATION_ACK', operation_ack: ack })
  const last = operation.latest.uuid?.value
  if (last && isTerminalOperation(operation.latest.state) && sameBytes(last, acknowledge.uuid))
    forgetOperation(m, operation)
}
