import type { master } from '@thermosphere/protocol'
import type { Action } from '@thermosphere/protocol/acls'
import type { Master } from '../model.ts'
import { askedOperation } from '../operator/reservations.ts'
import { isApproved, operationRefusal } from './approvals.ts'

type Asked = readonly [action: Action, object: string | undefined]

/** Whether the rules let somebody make this call. */
export function mayCall(m: Master, call: master.Call, principal: string | undefined): boolean {
  if (m.config.acls === undefined) return true
  const asked = askedOperation(call)
  if (asked) return operationRefusal(m, asked.operation, principal) === undefined
  return approvalsOf(m, call).every(([action, object]) => isApproved(m, action, { principal, object }))
}

const each = (action: Action, objects: readonly (string | undefined)[]): Asked[] =>
  objects.map((object) => [action, object])

/** Agents and machines are not told apart: a rule is for all of them or for none. */
function approvalsOf(m: Master, call: master.Call): readonly Asked[] {
  switch (call.type) {
    case 'TEARDOWN':
      return each('teardown_frameworks', principalOf(m, call.teardown?.framework_id.value ?? ''))
    case 'UPDATE_WEIGHTS':
      return each(
        'update_weights',
        (call.update_weights?.weight_infos ?? []).map(({ role }) => role),
      )
    case 'UPDATE_QUOTA':
      return each(
        'update_quotas',
        (call.update_quota?.quota_configs ?? []).map(({ role }) => role),
      )
    case 'SET_QUOTA':
      return each('update_quotas', [call.set_quota?.quota_request.role])
    case 'REMOVE_QUOTA':
      return each('update_quotas', [call.remove_quota?.role])
    case 'DRAIN_AGENT': {
      const drain: Asked = ['drain_agents', undefined]
      return call.drain_agent?.mark_gone === true ? [drain, ['mark_agents_gone', undefined]] : [drain]
    }
    default: {
      const action = wholesale[call.type ?? 'UNKNOWN']
      return action === undefined ? [] : [[action, undefined]]
    }
  }
}

const wholesale: Partial<Record<master.Call_Type, Action>> = {
  DEACTIVATE_AGENT: 'deactivate_agents',
  REACTIVATE_AGENT: 'reactivate_agents',
  MARK_AGENT_GONE: 'mark_agents_gone',
  UPDATE_MAINTENANCE_SCHEDULE: 'update_maintenance_schedules',
  START_MAINTENANCE: 'start_maintenances',
  STOP_MAINTENANCE: 'stop_maintenances',
}

/** Of nothing when there is no such framework: that is told as what it is. */
function principalOf(m: Master, frameworkId: string): (string | undefined)[] {
  const framework = m.frameworks.get(frameworkId)
  return framework ? [framework.info.principal] : []
}
