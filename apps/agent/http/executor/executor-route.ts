import type { executor } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler, Response } from 'express'
import { refuseMethod, sendEmpty } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { acceptedType, contentTypeOf, readCall } from '../media-types.ts'
import type { MediaType } from '../media-types.ts'

const SUPPORTED = 'application/json or application/x-protobuf'

/** POST /api/v1/executor: what executors say; SUBSCRIBE keeps the response as their event stream. */
export function executorRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    if (request.path !== '/api/v1/executor') {
      next()
      return
    }
    if (context.shell.state.link.type === 'recovering') throw new HttpError(503, 'Agent has not finished recovery')
    refuseMethod(request, ['POST'])
    const call = await readCall(request, contentTypeOf(request, SUPPORTED), 'mesos.v1.executor.Call')
    const problem = validateCall(call)
    if (problem !== undefined) throw new HttpError(400, `Failed to validate Executor::Call: ${problem}`)
    const accepted = acceptedType(request)
    if (call.type === 'SUBSCRIBE' && accepted === undefined) {
      throw new HttpError(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
    }
    await answer(context, call, { response, encoding: accepted ?? 'application/json' })
  }
}

type Answer = { readonly response: Response; readonly encoding: MediaType }

async function answer(context: HttpContext, call: executor.Call, { response, encoding }: Answer): Promise<void> {
  const { executors } = context.shell
  if (call.type === 'UNKNOWN') throw new HttpError(501, '501 Not Implemented.')
  const isSubscribe = call.type === 'SUBSCRIBE'
  const reply = isSubscribe ? await executors.subscribe(call, response, encoding) : await executors.call(call)
  if (reply.status >= 400) throw new HttpError(reply.status, reply.message ?? `${reply.status}`)
  if (!isSubscribe) sendEmpty(response, reply.status)
}

function validateCall(call: executor.Call): string | undefined {
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
  return undefined
}
