/** Events of the scheduler API. */
import type { scheduler } from '@thermosphere/protocol'
import { onOffers, resetDemand } from './launch/index.ts'
import { onStatusUpdate, reconcile, resendKills } from './lifecycle/index.ts'
import { keys } from './state/index.ts'
import type { StepContext } from './state/index.ts'

export function onMesosEvent(ctx: StepContext, event: scheduler.Event): void {
  if (event.subscribed !== undefined) onSubscribed(ctx, event.subscribed)
  else if (event.offers !== undefined) onOffers(ctx, event.offers.offers ?? [])
  else if (event.update !== undefined) onStatusUpdate(ctx, event.update.status)
  else if (event.rescind !== undefined) ctx.state.heldOffers.delete(event.rescind.offer_id.value)
  else if (event.message !== undefined) onMessage(ctx, event.message)
  else if (event.inverse_offers !== undefined) declineInverse(ctx, event.inverse_offers)
}

function onSubscribed(ctx: StepContext, subscribed: scheduler.Event_Subscribed): void {
  const { state } = ctx
  const frameworkId = subscribed.framework_id.value
  const info = subscribed.master_info
  const address =
    info === undefined
      ? ''
      : `${info.address?.hostname ?? info.hostname ?? ''}:${info.address?.port ?? info.port ?? ''}`
  const region = info?.domain?.fault_domain?.region.name
  const isFirst = state.frameworkId !== frameworkId
  state.mesos = {
    isConnected: true,
    hasSubscribedOnce: true,
    master: { address, ...(region === undefined ? {} : { region }) },
  }
  if (isFirst) {
    state.frameworkId = frameworkId
    ctx.put(keys.frameworkId, frameworkId)
    ctx.event('scheduler_registered_event', { frameworkId, master: address })
  } else ctx.event('scheduler_reregistered_event', { master: address })
  state.heldOffers.clear()
  resetDemand(state)
  ctx.isDemandChanged = true
  reconcile(ctx)
  resendKills(ctx)
}

export function onMesosDisconnected(ctx: StepContext): void {
  const { state } = ctx
  if (!state.mesos.isConnected) return
  state.mesos = { ...state.mesos, isConnected: false }
  state.heldOffers.clear()
  ctx.event('scheduler_disconnected_event')
}

function onMessage(ctx: StepContext, { executor_id, agent_id, data }: scheduler.Event_Message): void {
  ctx.event('framework_message_event', { executorId: executor_id.value, slaveId: agent_id.value, message: [...data] })
}

function declineInverse(ctx: StepContext, { inverse_offers }: scheduler.Event_InverseOffers): void {
  const inverse_offer_ids = (inverse_offers ?? []).map(({ id }) => id)
  ctx.call({ type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids } })
}
