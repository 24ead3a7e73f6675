import { isMessageRequest, receiveMessage } from '@thermosphere/protocol/node'
import type { ReceivedMessage } from '@thermosphere/protocol/node'
import type { RequestListener } from 'node:http'
import type { HttpContext } from '../context.ts'
import { readMessage } from './read-message.ts'

/** The agent's name among processes of libprocess. */
const OWN_NAME = 'slave(1)'

/** Takes messages of v0 executors; all other requests go on to `others`. */
export function driverMessages(context: HttpContext, others: RequestListener): RequestListener {
  return (request, response) => {
    if (!isMessageRequest(request)) return others(request, response)
    context.background.run(
      'receive-message',
      receiveMessage(request, response, (message) => deliver(context, message)),
    )
  }
}

function deliver(context: HttpContext, message: ReceivedMessage): boolean {
  if (message.to !== OWN_NAME) return false
  const { drivers } = context.shell
  const sender = { process: message.from, message: message.name }
  const received = readMessage(message)
  if (typeof received === 'string') drivers.refuse(sender, received)
  else {
    const refusal = refusalOf(context)
    if (refusal === undefined) drivers.receive(sender, received)
    else drivers.turnAway(sender, received, refusal)
  }
  return true
}

function refusalOf({ doors, shell }: HttpContext): string | undefined {
  if (doors.executor.length > 0) return '--authenticate_http_executors asks for a token, and drivers have none'
  return shell.state.link.type === 'recovering' ? 'Agent has not finished recovery' : undefined
}
