import { mayCall } from '@thermosphere/agent-core'
import type { Access } from '@thermosphere/agent-core'
import type { agent } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler } from 'express'
import { accessOf, forbidden } from '../access/admission.ts'
import { refuseMethod, send } from '../answers.ts'
import { refuseWhileRecovering } from '../classic/routes.ts'
import type { HttpContext } from '../context.ts'
import { encodeAs } from '../media-types.ts'
import { answerCall } from './answer-call.ts'
import { answerInput, answerOutput, answerSession, callCore, sendReply } from './container-calls.ts'
import type { Exchange } from './container-calls.ts'
import { negotiate, refuseStreams } from './negotiate.ts'
import { CallReader, readOneCall } from './read-calls.ts'

/** POST /api/v1 (and below, as `/api/v1/operator`): the operator API. */
export function operatorRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    if (request.path !== '/api/v1' && !request.path.startsWith('/api/v1/')) {
      next()
      return
    }
    refuseWhileRecovering(context)
    refuseMethod(request, ['POST'])
    const media = negotiate(request)
    const { call, calls } = await readCalls(request, media.request)
    refuseStreams(call.type ?? 'UNKNOWN', media)
    const access = accessOf(request)
    if (!mayCall(context.shell.state, access, call)) throw forbidden()
    await answer(context, { access, call, calls }, { response, media })
  }
}

type Calls = { readonly call: agent.Call; readonly calls: CallReader | undefined }

async function readCalls(request: Request, { isStream, message }: Exchange['media']['request']): Promise<Calls> {
  if (!isStream) return { call: await readOneCall(request, message), calls: undefined }
  const calls = new CallReader(request, message)
  const call = await calls.next()
  if (call === undefined) throw new HttpError(400, 'Received EOF while reading request body')
  return { call, calls }
}

type AllowedCalls = Calls & { readonly access: Access }

/** The one place that every call passes once it is known who may ask for what. */
async function answer(context: HttpContext, { access, call, calls }: AllowedCalls, exchange: Exchange): Promise<void> {
  const { response, media } = exchange
  switch (call.type) {
    case 'LAUNCH_NESTED_CONTAINER_SESSION':
      return await answerSession(context, call, exchange)
    case 'ATTACH_CONTAINER_OUTPUT':
      return await answerOutput(context, call, exchange)
    case 'ATTACH_CONTAINER_INPUT':
      return calls && (await answerInput(context, { call, calls }, response))
    case 'LAUNCH_CONTAINER':
    case 'LAUNCH_NESTED_CONTAINER':
    case 'WAIT_CONTAINER':
    case 'WAIT_NESTED_CONTAINER':
    case 'KILL_CONTAINER':
    case 'KILL_NESTED_CONTAINER':
    case 'REMOVE_CONTAINER':
    case 'REMOVE_NESTED_CONTAINER': {
      const reply = await callCore(context, call, response)
      return reply?.response === undefined ? sendReply(response, reply) : sendAnswer(exchange, reply.response)
    }
    default: {
      const body = await answerCall(context, access, call)
      return body === undefined ? sendReply(response, { status: 200 }) : sendAnswer({ response, media }, body)
    }
  }
}

function sendAnswer({ response, media }: Exchange, body: agent.Response): void {
  const { message } = media.answer
  send(response, message, encodeAs(message, 'mesos.v1.agent.Response', body))
}
