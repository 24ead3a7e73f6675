import type { agent } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'
import { refuseMethod, send } from '../answers.ts'
import { refuseWhileRecovering } from '../classic/routes.ts'
import type { HttpContext } from '../context.ts'
import { acceptedType, contentTypeOf, encodeAs, readCall } from '../media-types.ts'
import { answerCall } from './answer-call.ts'

const SUPPORTED = 'application/json or application/x-protobuf or application/recordio'

/** POST /api/v1 (and below, as `/api/v1/operator`): the operator API. */
export function operatorRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    if (request.path !== '/api/v1' && !request.path.startsWith('/api/v1/')) {
      next()
      return
    }
    refuseWhileRecovering(context)
    refuseMethod(request, ['POST'])
    const type = contentTypeOf(request, SUPPORTED)
    const accepted = acceptedType(request)
    if (accepted === undefined) {
      throw new HttpError(
        406,
        "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio",
      )
    }
    const call = await readCall(request, type, 'mesos.v1.agent.Call')
    const problem = validateCall(call)
    if (problem !== undefined) throw new HttpError(400, `Failed to validate agent::Call: ${problem}`)
    const answer = await answerCall(context, call)
    send(response, accepted, encodeAs(accepted, 'mesos.v1.agent.Response', answer))
  }
}

function validateCall(call: agent.Call): string | undefined {
  if (call.type === undefined) return "Expecting 'type' to be present"
  if (call.type === 'GET_METRICS' && call.get_metrics === undefined) return "Expecting 'get_metrics' to be present"
  if (call.type === 'LIST_FILES' && call.list_files === undefined) return "Expecting 'list_files' to be present"
  if (call.type === 'READ_FILE' && call.read_file === undefined) return "Expecting 'read_file' to be present"
  return undefined
}
