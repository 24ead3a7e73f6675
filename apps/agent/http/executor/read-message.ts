import { decodeProtobuf, WireError } from '@thermosphere/protocol'
import type { executor, internal, mesos } from '@thermosphere/protocol'
import type { ReceivedMessage } from '@thermosphere/protocol/node'
import type { DriverCall } from '../../shell/executors/drivers.ts'
import { validateCall } from './validate-call.ts'

/** What a message of a driver stands for in the executor API; a string is what is wrong with it. */
export function readMessage({ name, body }: Pick<ReceivedMessage, 'name' | 'body'>): DriverCall | string {
  try {
    const received = parse(name, body)
    if (typeof received === 'string') return received
    return validateCall(received.call) ?? received
  } catch (error) {
    if (error instanceof WireError) return error.message
    throw error
  }
}

function parse(name: string, body: Uint8Array): DriverCall | string {
  switch (name) {
    case 'mesos.internal.RegisterExecutorMessage':
      return registration(decodeProtobuf(name, body), {})
    case 'mesos.internal.ReregisterExecutorMessage': {
      const { tasks = [], updates = [], ...ids } = decodeProtobuf(name, body)
      const unacknowledged_updates = updates.flatMap(validUpdate)
      return { ...registration(ids, { unacknowledged_tasks: tasks, unacknowledged_updates }), isReturning: true }
    }
    case 'mesos.internal.StatusUpdateMessage':
      return updateCall(decodeProtobuf(name, body).update)
    case 'mesos.internal.ExecutorToFrameworkMessage': {
      const { framework_id, executor_id, data } = decodeProtobuf(name, body)
      return call({ type: 'MESSAGE', framework_id, executor_id, message: { data } })
    }
    default:
      return 'there is no such message from executors to agents'
  }
}

type Ids = Pick<executor.Call, 'framework_id' | 'executor_id'>

const call = (made: executor.Call): DriverCall => ({ call: made, isReturning: false })

const registration = ({ framework_id, executor_id }: Ids, subscribe: executor.Call_Subscribe): DriverCall =>
  call({ type: 'SUBSCRIBE', framework_id, executor_id, subscribe })

function updateCall(update: internal.StatusUpdate): DriverCall | string {
  const { framework_id, executor_id } = update
  if (executor_id === undefined) return "Expecting 'executor_id' to be present"
  return call({ type: 'UPDATE', framework_id, executor_id, update: { status: statusOf(update) } })
}

/** One that would be refused by itself is left out; the executor and its other updates are not to suffer from it. */
function validUpdate(update: internal.StatusUpdate): executor.Call_Update[] {
  const made = updateCall(update)
  if (typeof made === 'string' || made.call.update === undefined) return []
  return validateCall(made.call) === undefined ? [made.call.update] : []
}

/** The frame counts where drivers did not fill in the status: early ones put uuid and time there alone. */
const statusOf = ({ status, executor_id, uuid, timestamp }: internal.StatusUpdate): mesos.TaskStatus => ({
  ...status,
  uuid: uuid ?? status.uuid,
  executor_id: executor_id ?? status.executor_id,
  timestamp: status.timestamp ?? timestamp,
  source: 'SOURCE_EXECUTOR',
})
