import type { executor, mesos } from '@thermosphere/protocol'

/** What is wrong with a call of an executor that could be read. */
export function validateCall(call: executor.Call): string | undefined {
  if (call.type === undefined) return "Expecting 'type' to be present"
  if (call.type === 'SUBSCRIBE') return call.subscribe === undefined ? "Expecting 'subscribe' to be present" : undefined
  if (call.type === 'MESSAGE') return call.message === undefined ? "Expecting 'message' to be present" : undefined
  if (call.type === 'UPDATE') return validateUpdate(call)
  return undefined
}

function validateUpdate(call: executor.Call): string | undefined {
  const status = call.update?.status
  if (status === undefined) return "Expecting 'update' to be present"
  if (status.uuid === undefined) return "Expecting 'uuid' to be present"
  if (status.uuid.length !== 16) return 'Not a valid UUID'
  const from = `executor ${call.executor_id.value} of framework ${call.framework_id.value}`
  const given = status.executor_id?.value
  if (given !== undefined && given !== call.executor_id.value) {
    return `ExecutorID in Call: ${call.executor_id.value} does not match ExecutorID in TaskStatus: ${given}`
  }
  if (status.source !== 'SOURCE_EXECUTOR') {
    return `Received Call from ${from} with invalid source, expecting 'SOURCE_EXECUTOR'`
  }
  if (status.state === 'TASK_STAGING') return `Received TASK_STAGING from ${from} which is not allowed`
  return status.check_status === undefined ? undefined : validateCheckStatus(status.check_status)
}

/** The result must be that of the type: an empty member while there is none. */
function validateCheckStatus({ type, command, http, tcp }: mesos.CheckStatusInfo): string | undefined {
  switch (type) {
    case 'COMMAND':
      return command === undefined ? missingResult('command', type) : undefined
    case 'HTTP':
      return http === undefined ? missingResult('http', type) : undefined
    case 'TCP':
      return tcp === undefined ? missingResult('tcp', type) : undefined
    case 'UNKNOWN':
      return "'UNKNOWN' is not a valid type of a check's status"
    case undefined:
      return "Expecting 'type' of 'check_status' to be present"
  }
}

const missingResult = (member: string, type: string): string =>
  `Expecting '${member}' to be set for the status of a ${type} check`
