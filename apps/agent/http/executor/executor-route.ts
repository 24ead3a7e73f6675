import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler, Response } from 'express'
import { accessOf } from '../access/admission.ts'
import { refuseMethod, sendEmpty } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { acceptedMediaType, contentTypeOf, readCall } from '../media-types.ts'
import type { MediaType } from '../media-types.ts'
import type { ExecutorRequest } from '../../shell/executors/executor-connections.ts'
import { validateCall } from './validate-call.ts'

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
    const accepted = acceptedMediaType(request.headers.accept)
    if (call.type === 'SUBSCRIBE' && accepted === undefined) {
      throw new HttpError(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
    }
    const { asker } = accessOf(request)
    const claims = asker.type === 'executor' ? asker.claims : undefined
    await answer(context, { call, claims }, { response, encoding: accepted ?? 'application/json' })
  }
}

type Answer = { readonly response: Response; readonly encoding: MediaType }

async function answer(context: HttpContext, request: ExecutorRequest, { response, encoding }: Answer): Promise<void> {
  const { executors } = context.shell
  const { call } = request
  if (call.type === 'UNKNOWN') throw new HttpError(501, '501 Not Implemented.')
  const isSubscribe = call.type === 'SUBSCRIBE'
  const reply = isSubscribe ? await executors.subscribe(request, response, encoding) : await executors.call(request)
  if (reply.status >= 400) throw new HttpError(reply.status, reply.message ?? `${reply.status}`)
  if (!isSubscribe) sendEmpty(response, reply.status)
}
