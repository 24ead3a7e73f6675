import { schedulerCallProblem } from '@thermosphere/master-core'
import type { scheduler } from '@thermosphere/protocol'
import { randomUUID } from 'node:crypto'
import { by, methodNotAllowed, sendReply, sendText } from '../answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import { decodeCall } from '../decode-call.ts'
import { acceptedEncoding } from '../negotiate.ts'
import type { MasterContext } from '../context.ts'

const wrongAccept = "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"

/** `POST /api/v1/scheduler`: checks that need no state; the core does the rest. */
export function schedulerApi(context: MasterContext): Handler {
  return async (exchange) => {
    const { request, response, principal } = exchange
    if (request.method !== 'POST') return methodNotAllowed(exchange, ['POST'])
    const call = await decodeCall('mesos.v1.scheduler.Call', exchange)
    if (!call) return
    const problem = schedulerCallProblem(call, principal)
    if (problem !== undefined) return sendText(response, 400, `Failed to validate scheduler::Call: ${problem}`)
    if (call.type === 'SUBSCRIBE') return subscribe(context, exchange, call)
    if (call.type === 'RECONCILE_OPERATIONS' && !acceptedEncoding(request)) return sendText(response, 406, wrongAccept)
    const streamId = givenStreamId(exchange)
    const input = { type: 'scheduler-call', streamId, call, ...by(exchange) } as const
    sendReply(response, await context.loop.ask<'scheduler-call'>(input))
  }
}

const givenStreamId = ({ request }: Exchange): string | undefined => {
  const value = request.headers['mesos-stream-id']
  return Array.isArray(value) ? value[0] : value
}

function subscribe({ loop }: MasterContext, exchange: Exchange, call: scheduler.Call): void {
  const { request, response } = exchange
  const encoding = acceptedEncoding(request)
  if (!encoding) return sendText(response, 406, wrongAccept)
  if (givenStreamId(exchange) !== undefined)
    return sendText(response, 400, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
  if (!call.subscribe) return
  const streamId = randomUUID()
  loop.schedulers.open(streamId, response, encoding, { 'Mesos-Stream-Id': streamId })
  loop.submit({ type: 'subscribe', streamId, subscribe: call.subscribe, ...by(exchange) })
}
