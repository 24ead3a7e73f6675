import { encodeProtobuf } from '@thermosphere/protocol'
import type { executor, mesos, WireTypes } from '@thermosphere/protocol'

/** Events of the executor API as the messages that drivers of v0 executors take. */

type Named<N extends keyof WireTypes> = { readonly name: N; readonly value: WireTypes[N] }
type DriverMessage = {
  [N in keyof WireTypes]: N extends `mesos.internal.${string}` ? Named<N> : never
}[keyof WireTypes]

export type Addressee = {
  readonly frameworkId: mesos.FrameworkID
  readonly executorId: mesos.ExecutorID
  /** Its subscription is the answer to the question whether it is still there. */
  readonly isReturning: boolean
  /** What it was told when it subscribed. */
  readonly subscribed: executor.Event_Subscribed | undefined
}

export type EncodedMessage = { readonly name: string; readonly body: Uint8Array }

/** Undefined for what a driver is not told. */
export function encodeDriverEvent(event: executor.Event, to: Addressee): EncodedMessage | undefined {
  const message = messageOf(event, to)
  return message && { name: message.name, body: encodeProtobuf(message.name, message.value) }
}

function messageOf(event: executor.Event, to: Addressee): DriverMessage | undefined {
  const { frameworkId: framework_id, executorId: executor_id, subscribed } = to
  if (event.type === 'SHUTDOWN')
    return { name: 'mesos.internal.ShutdownExecutorMessage', value: { framework_id, executor_id } }
  const slave_id = subscribed?.agent_info.id
  if (subscribed === undefined || slave_id === undefined) return undefined
  if (event.subscribed) return registration(subscribed, to, slave_id)
  if (event.launch) {
    const { framework_info: framework } = subscribed
    // Early drivers refuse it without a process id of the scheduler; none of them uses it.
    const value = { framework_id, framework, pid: '', task: event.launch.task }
    return { name: 'mesos.internal.RunTaskMessage', value }
  }
  if (event.kill) return { name: 'mesos.internal.KillTaskMessage', value: { framework_id, ...event.kill } }
  if (event.acknowledged) {
    const value = { slave_id, framework_id, ...event.acknowledged }
    return { name: 'mesos.internal.StatusUpdateAcknowledgementMessage', value }
  }
  if (event.message) {
    const value = { slave_id, framework_id, executor_id, data: event.message.data }
    return { name: 'mesos.internal.FrameworkToExecutorMessage', value }
  }
  return undefined
}

function registration(
  { executor_info, framework_info, agent_info: slave_info }: executor.Event_Subscribed,
  { frameworkId: framework_id, isReturning }: Addressee,
  slave_id: mesos.AgentID,
): DriverMessage {
  if (isReturning) return { name: 'mesos.internal.ExecutorReregisteredMessage', value: { slave_id, slave_info } }
  const value = { executor_info, framework_id, framework_info, slave_id, slave_info }
  return { name: 'mesos.internal.ExecutorRegisteredMessage', value }
}
