/** Events of the v1 API as the messages by which drivers of schedulers (v0) hear of them. */
import { encodeProtobuf } from '@thermosphere/protocol'
import type { mesos, scheduler, WireName, WireTypes } from '@thermosphere/protocol'

export type Message = { readonly name: string; readonly body: Uint8Array }

export type Told = {
  readonly event: scheduler.Event
  readonly frameworkId: string
  /** Of SUBSCRIBED: the process has not lost its place. */
  readonly isBack: boolean
  /** Process id of the master. */
  readonly self: string
}

const message = <Name extends WireName>(name: Name, value: WireTypes[Name]): Message => ({
  name,
  body: encodeProtobuf(name, value),
})

export const frameworkError = (text: string): Message =>
  message('mesos.internal.FrameworkErrorMessage', { message: text })

/** Undefined for what drivers are not told: heartbeats, inverse offers, operations. */
export function writeMessage(told: Told): Message | undefined {
  const { event } = told
  if (event.subscribed) return registered(event.subscribed, told)
  if (event.offers) return offers(event.offers.offers ?? [], told)
  if (event.rescind) return message('mesos.internal.RescindResourceOfferMessage', event.rescind)
  if (event.update) return statusUpdate(event.update.status, told)
  if (event.message) return fromExecutor(event.message, told)
  if (event.failure) return failure(event.failure, told)
  return event.error && frameworkError(event.error.message)
}

function registered({ framework_id, master_info }: scheduler.Event_Subscribed, { isBack }: Told): Message | undefined {
  if (!master_info) return undefined
  const value = { framework_id, master_info }
  return isBack
    ? message('mesos.internal.FrameworkReregisteredMessage', value)
    : message('mesos.internal.FrameworkRegisteredMessage', value)
}

/** A driver sends what is for an executor to the process id that came with its agent's offer: that is the master's. */
const offers = (list: mesos.Offer[], { self }: Told): Message =>
  message('mesos.internal.ResourceOffersMessage', { offers: list, pids: list.map(() => self) })

/**
 * A driver acknowledges an update that has a uuid and a process id. Those before 0.21 do it at that process, later ones
 * at the master: with the master's own id both arrive. Those before 0.23 want a uuid in any case.
 */
function statusUpdate(status: mesos.TaskStatus, { frameworkId, self }: Told): Message {
  const { agent_id, executor_id, timestamp = 0, uuid = new Uint8Array() } = status
  const update = { framework_id: { value: frameworkId }, slave_id: agent_id, executor_id, status, timestamp, uuid }
  return message('mesos.internal.StatusUpdateMessage', { update, pid: uuid.length > 0 ? self : undefined })
}

const fromExecutor = ({ agent_id, executor_id, data }: scheduler.Event_Message, { frameworkId }: Told): Message =>
  message('mesos.internal.ExecutorToFrameworkMessage', {
    slave_id: agent_id,
    framework_id: { value: frameworkId },
    executor_id,
    data,
  })

function failure({ agent_id, executor_id, status }: scheduler.Event_Failure, told: Told): Message | undefined {
  if (!agent_id) return undefined
  if (!executor_id) return message('mesos.internal.LostSlaveMessage', { slave_id: agent_id })
  return message('mesos.internal.ExitedExecutorMessage', {
    slave_id: agent_id,
    framework_id: { value: told.frameworkId },
    executor_id,
    status: status ?? 0,
  })
}
