/** Events of the scheduler API, each type with what it carries. */
import type { scheduler } from '@thermosphere/protocol'

/** The member of Mesos' Event that belongs to a type. */
type Members = {
  SUBSCRIBED: 'subscribed'
  OFFERS: 'offers'
  INVERSE_OFFERS: 'inverse_offers'
  RESCIND: 'rescind'
  RESCIND_INVERSE_OFFER: 'rescind_inverse_offer'
  UPDATE: 'update'
  UPDATE_OPERATION_STATUS: 'update_operation_status'
  MESSAGE: 'message'
  FAILURE: 'failure'
  ERROR: 'error'
}

type WithMember<Type extends keyof Members> = { readonly type: Type } & {
  readonly [Member in Members[Type]]: NonNullable<scheduler.Event[Member]>
}

/**
 * What the master sends, in Mesos' spelling, and DISCONNECTED when it cannot any more.
 * @example
 * onEvent(event) {
 *   if (event.type === 'FAILURE') console.log('agent lost', event.failure.agent_id?.value)
 * }
 */
export type FrameworkEvent = MasterEvent | { readonly type: 'DISCONNECTED'; readonly reason: string }

type MasterEvent = { [Type in keyof Members]: WithMember<Type> }[keyof Members] | { readonly type: 'HEARTBEAT' }

const memberOf = {
  SUBSCRIBED: 'subscribed',
  OFFERS: 'offers',
  INVERSE_OFFERS: 'inverse_offers',
  RESCIND: 'rescind',
  RESCIND_INVERSE_OFFER: 'rescind_inverse_offer',
  UPDATE: 'update',
  UPDATE_OPERATION_STATUS: 'update_operation_status',
  MESSAGE: 'message',
  FAILURE: 'failure',
  ERROR: 'error',
} satisfies Members

function isWhole(event: scheduler.Event): event is MasterEvent {
  if (event.type === 'HEARTBEAT') return true
  if (event.type === undefined || event.type === 'UNKNOWN') return false
  return event[memberOf[event.type]] !== undefined
}

/** Undefined for an event of a type that is not known here, or without what its type promises. */
export const typedEvent = (event: scheduler.Event): MasterEvent | undefined => (isWhole(event) ? event : undefined)
