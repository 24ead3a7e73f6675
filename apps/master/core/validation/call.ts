import type { master, scheduler } from '@thermosphere/protocol'

const present = (field: string): string => `Expecting '${field}' to be present`

const schedulerMembers: Partial<Record<scheduler.Call_Type, keyof scheduler.Call>> = {
  ACCEPT: 'accept',
  DECLINE: 'decline',
  ACCEPT_INVERSE_OFFERS: 'accept_inverse_offers',
  DECLINE_INVERSE_OFFERS: 'decline_inverse_offers',
  KILL: 'kill',
  SHUTDOWN: 'shutdown',
  ACKNOWLEDGE: 'acknowledge',
  ACKNOWLEDGE_OPERATION_STATUS: 'acknowledge_operation_status',
  RECONCILE: 'reconcile',
  RECONCILE_OPERATIONS: 'reconcile_operations',
  MESSAGE: 'message',
  REQUEST: 'request',
  UPDATE_FRAMEWORK: 'update_framework',
}

const uuidLength = 16

/** Why a scheduler call cannot be meant seriously; the text goes behind `Failed to validate scheduler::Call: `. */
export function schedulerCallProblem(call: scheduler.Call, principal?: string): string | undefined {
  if (call.type === undefined) return present('type')
  if (call.type === 'SUBSCRIBE') return subscribeCallProblem(call, principal)
  if (call.framework_id === undefined) return present('framework_id')
  const member = schedulerMembers[call.type]
  if (member !== undefined && call[member] === undefined) return present(member)
  if (call.acknowledge && call.type === 'ACKNOWLEDGE') return uuidProblem(call.acknowledge.uuid)
  if (call.type === 'UPDATE_FRAMEWORK' && call.update_framework?.framework_info.id?.value !== call.framework_id.value) {
    return "'framework_id' differs from 'update_framework.framework_info.id'"
  }
  return undefined
}

function subscribeCallProblem(call: scheduler.Call, principal: string | undefined): string | undefined {
  if (call.subscribe === undefined) return present('subscribe')
  const info = call.subscribe.framework_info
  if ((info.id?.value ?? '') !== (call.framework_id?.value ?? ''))
    return "'framework_id' differs from 'subscribe.framework_info.id'"
  if (principal !== undefined && info.principal !== undefined && principal !== info.principal) {
    return `Authenticated principal '${principal}' does not match principal '${info.principal}' set in \`FrameworkInfo\``
  }
  return undefined
}

const uuidProblem = (uuid: Uint8Array): string | undefined =>
  uuid.length === uuidLength ? undefined : `Expecting 'uuid' to be a valid UUID: Expected ${uuidLength} bytes`

const operatorMembers: Partial<Record<master.Call_Type, keyof master.Call>> = {
  GET_METRICS: 'get_metrics',
  SET_LOGGING_LEVEL: 'set_logging_level',
  LIST_FILES: 'list_files',
  READ_FILE: 'read_file',
  UPDATE_WEIGHTS: 'update_weights',
  RESERVE_RESOURCES: 'reserve_resources',
  UNRESERVE_RESOURCES: 'unreserve_resources',
  CREATE_VOLUMES: 'create_volumes',
  DESTROY_VOLUMES: 'destroy_volumes',
  GROW_VOLUME: 'grow_volume',
  SHRINK_VOLUME: 'shrink_volume',
  UPDATE_MAINTENANCE_SCHEDULE: 'update_maintenance_schedule',
  START_MAINTENANCE: 'start_maintenance',
  STOP_MAINTENANCE: 'stop_maintenance',
  DRAIN_AGENT: 'drain_agent',
  DEACTIVATE_AGENT: 'deactivate_agent',
  REACTIVATE_AGENT: 'reactivate_agent',
  UPDATE_QUOTA: 'update_quota',
  SET_QUOTA: 'set_quota',
  REMOVE_QUOTA: 'remove_quota',
  TEARDOWN: 'teardown',
  MARK_AGENT_GONE: 'mark_agent_gone',
}

/** Why an operator call lacks what it needs; the text goes behind `Failed to validate master::Call: `. */
export function operatorCallProblem(call: master.Call): string | undefined {
  if (call.type === undefined) return present('type')
  const member = operatorMembers[call.type]
  return member !== undefined && call[member] === undefined ? present(member) : undefined
}
