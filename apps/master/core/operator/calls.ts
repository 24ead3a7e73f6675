import type { master } from '@thermosphere/protocol'
import { mayCall } from '../access/operator-access.ts'
import { onDeactivateCall, onDrainCall, onMarkGoneCall } from '../agents/drain.ts'
import type { Input } from '../effects.ts'
import { respond } from '../emit.ts'
import { removeFramework } from '../frameworks.ts'
import { onScheduleCall, onStartMaintenance, onStopMaintenance } from './maintenance.ts'
import { onRemoveQuota, onSetQuota, onUpdateQuota } from './quota.ts'
import { onResourceCall } from './reservations.ts'
import { onUpdateWeights } from './weights.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Rest } from '../steps/rest.ts'
import type { Framework, Master, RequestId } from '../model.ts'

type OperatorCall = Extract<Input, { readonly type: 'operator-call' }>

/** Every operator call that changes something; its members have been checked to be there. */
export function onOperatorCall(m: Master, { call, requestId, principal }: OperatorCall): void {
  if (!mayCall(m, call, principal)) return respond(m, requestId, { status: 403 })
  perform(m, call, requestId)
}

function perform(m: Master, call: master.Call, requestId: RequestId): void {
  switch (call.type) {
    case 'TEARDOWN':
      return onTeardown(m, call.teardown?.framework_id.value ?? '', requestId)
    case 'UPDATE_WEIGHTS':
      return onUpdateWeights(m, call.update_weights?.weight_infos ?? [], requestId)
    case 'UPDATE_QUOTA':
      return call.update_quota && onUpdateQuota(m, call.update_quota, requestId)
    case 'SET_QUOTA':
      return call.set_quota && onSetQuota(m, call.set_quota.quota_request, requestId)
    case 'REMOVE_QUOTA':
      return onRemoveQuota(m, call.remove_quota?.role ?? '', requestId)
    case 'RESERVE_RESOURCES':
    case 'UNRESERVE_RESOURCES':
    case 'CREATE_VOLUMES':
    case 'DESTROY_VOLUMES':
    case 'GROW_VOLUME':
    case 'SHRINK_VOLUME':
      return onResourceCall(m, call, requestId)
    default:
      return onAgentCall(m, call, requestId)
  }
}

function onAgentCall(m: Master, call: master.Call, requestId: RequestId): void {
  switch (call.type) {
    case 'DRAIN_AGENT':
      return call.drain_agent && onDrainCall(m, call.drain_agent, requestId)
    case 'DEACTIVATE_AGENT':
      return onDeactivateCall(m, call.deactivate_agent?.agent_id.value ?? '', true, requestId)
    case 'REACTIVATE_AGENT':
      return onDeactivateCall(m, call.reactivate_agent?.agent_id.value ?? '', false, requestId)
    case 'MARK_AGENT_GONE':
      return onMarkGoneCall(m, call.mark_agent_gone?.agent_id.value ?? '', requestId)
    case 'UPDATE_MAINTENANCE_SCHEDULE':
      if (call.update_maintenance_schedule)
        leaveForRest(m, onScheduleCall(m, call.update_maintenance_schedule.schedule, requestId))
      return
    case 'START_MAINTENANCE':
      return onStartMaintenance(m, call.start_maintenance?.machines ?? [], requestId)
    case 'STOP_MAINTENANCE':
      return onStopMaintenance(m, call.stop_maintenance?.machines ?? [], requestId)
    default:
      return respond(m, requestId, { status: 501, text: '501 Not Implemented.' })
  }
}

function onTeardown(m: Master, frameworkId: string, requestId: RequestId): void {
  const framework = m.frameworks.get(frameworkId)
  if (!framework) return respond(m, requestId, { status: 400, text: 'No framework found with specified ID' })
  leaveForRest(m, tearDown(m, framework, requestId))
}

function* tearDown(m: Master, framework: Framework, requestId: RequestId): Rest {
  yield* removeFramework(m, framework)
  respond(m, requestId, { status: 200 })
}
