import type { scheduler } from '@thermosphere/protocol'
import { note, respond, sendEvent } from '../emit.ts'
import { turnOf } from '../rate-limits/throttle.ts'
import { removeFramework } from '../frameworks.ts'
import { onAccept } from './accept.ts'
import { onAcknowledge, onAcknowledgeOperation } from './acknowledge.ts'
import { onAnswerInverseOffers } from './inverse-offers.ts'
import { onDecline, onRevive, onSuppress } from './offer-calls.ts'
import { onKill, onMessage, onShutdown } from './forwarded-calls.ts'
import { onReconcile, onReconcileOperations } from './reconcile.ts'
import { onUpdateFramework } from './subscribe.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Reply, SchedulerRequest } from '../effects.ts'
import type { Framework, Master } from '../model.ts'

/** Any call but SUBSCRIBE: checked against who is subscribed, answered, then carried out. */
export function onSchedulerCall(m: Master, request: SchedulerRequest): void {
  const { call, requestId } = request
  const framework = m.frameworks.get(call.framework_id?.value ?? '')
  const refusal = framework ? gate(framework, request) : { status: 400, text: 'Framework cannot be found' }
  if (refusal || !framework) return respond(m, requestId, refusal ?? { status: 400 })
  if (call.type === 'UNKNOWN' || call.type === undefined)
    return respond(m, requestId, { status: 501, text: '501 Not Implemented.' })
  count(framework, call.type)
  const turn = turnOf(m, framework, request)
  if (turn === 'no-room') return dropCall(m, framework, request)
  if (call.type !== 'UPDATE_FRAMEWORK') respond(m, requestId, { status: 202 })
  if (turn === 'passes') carryOut(m, framework, request)
}

/** A call whose turn has come; its framework may have lost its stream while it waited. */
export function onCallReleased(m: Master, request: SchedulerRequest): void {
  const { call, requestId } = request
  const framework = m.frameworks.get(call.framework_id?.value ?? '')
  const refusal = framework ? gate(framework, request) : { status: 400, text: 'Framework cannot be found' }
  if (framework && !refusal) return carryOut(m, framework, request)
  m.counters.add('master/dropped_messages')
  if (call.type === 'UPDATE_FRAMEWORK') respond(m, requestId, refusal ?? { status: 400 })
}

function carryOut(m: Master, framework: Framework, { call, requestId }: SchedulerRequest): void {
  const { principal } = framework.info
  if (call.type === 'UPDATE_FRAMEWORK' && call.update_framework)
    onUpdateFramework(m, framework, call.update_framework, requestId)
  else perform(m, framework, call)
  m.messages.processed(principal)
}

/** As in Mesos: the framework hears of it by an ERROR, at which it should end or subscribe again. */
function dropCall(m: Master, framework: Framework, { call, requestId }: SchedulerRequest): void {
  const { capacity } = m.limiters.of(framework.info.principal)?.limit ?? {}
  const message = `Message ${call.type} dropped: capacity(${capacity}) exceeded`
  m.counters.add('master/dropped_messages')
  respond(m, requestId, { status: 429, text: message })
  sendEvent(m, framework, { type: 'ERROR', error: { message } })
  note(m, 'scheduler.call.over-capacity', { frameworkId: framework.id, call: call.type, capacity })
}

function count(framework: Framework, type: scheduler.Call_Type): void {
  framework.counters.add('calls')
  framework.counters.add(`calls/${type.toLowerCase()}`)
}

function gate(framework: Framework, request: SchedulerRequest): Reply | undefined {
  const { streamId, principal } = request
  if (principal !== undefined && framework.info.principal !== undefined && principal !== framework.info.principal) {
    return {
      status: 400,
      text: `Authenticated principal '${principal}' does not match principal '${framework.info.principal}' of the framework`,
    }
  }
  if (framework.connection.state !== 'connected') return { status: 403, text: 'Framework is not subscribed' }
  if (streamId === undefined) {
    return { status: 400, text: "All non-subscribe calls should include the 'Mesos-Stream-Id' header" }
  }
  if (streamId !== framework.connection.streamId) return { status: 400, text: staleStream(framework, streamId) }
  return undefined
}

const staleStream = (framework: Framework, streamId: string): string =>
  `The stream ID '${streamId}' included in this request didn't match the stream ID currently associated with framework ID ${framework.id}`

/** Calls that make no sense are dropped: the answer is out already. */
function perform(m: Master, framework: Framework, call: scheduler.Call): void {
  switch (call.type) {
    case 'TEARDOWN':
      m.counters.add('master/messages_unregister_framework')
      return leaveForRest(m, removeFramework(m, framework))
    case 'ACCEPT':
      return call.accept && onAccept(m, framework, call.accept)
    case 'DECLINE':
      return call.decline && leaveForRest(m, onDecline(m, framework, call.decline))
    case 'ACCEPT_INVERSE_OFFERS':
      return call.accept_inverse_offers && onAnswerInverseOffers(m, framework, 'ACCEPT', call.accept_inverse_offers)
    case 'DECLINE_INVERSE_OFFERS':
      return call.decline_inverse_offers && onAnswerInverseOffers(m, framework, 'DECLINE', call.decline_inverse_offers)
    case 'REVIVE':
      return onRevive(m, framework, call.revive?.roles ?? [])
    case 'SUPPRESS':
      return onSuppress(m, framework, call.suppress?.roles ?? [])
    case 'REQUEST':
      return m.counters.add('master/messages_resource_request')
    default:
      return performOnTasks(m, framework, call)
  }
}

function performOnTasks(m: Master, framework: Framework, call: scheduler.Call): void {
  switch (call.type) {
    case 'KILL':
      return call.kill && onKill(m, framework, call.kill)
    case 'SHUTDOWN':
      return call.shutdown && onShutdown(m, framework, call.shutdown)
    case 'ACKNOWLEDGE':
      return call.acknowledge && onAcknowledge(m, framework, call.acknowledge)
    case 'ACKNOWLEDGE_OPERATION_STATUS':
      return (
        call.acknowledge_operation_status && onAcknowledgeOperation(m, framework, call.acknowledge_operation_status)
      )
    case 'RECONCILE':
      return call.reconcile && leaveForRest(m, onReconcile(m, framework, call.reconcile.tasks ?? []))
    case 'RECONCILE_OPERATIONS':
      return (
        call.reconcile_operations && onReconcileOperations(m, framework, call.reconcile_operations.operations ?? [])
      )
    case 'MESSAGE':
      return call.message && onMessage(m, framework, call.message)
    default:
      m.counters.add('master/dropped_messages')
      return note(m, 'scheduler.call.dropped', { frameworkId: framework.id, call: call.type })
  }
}
