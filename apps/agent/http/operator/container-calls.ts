import { executorOf, findContainer } from '@thermosphere/agent-core'
import type { OperatorReply } from '@thermosphere/agent-core'
import type { agent, mesos } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import type { Response } from 'express'
import { sendEmpty } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import type { Attachment } from '../../shell/operators/attachment.ts'
import { feedInput } from './attach-input.ts'
import type { CallMedia } from './negotiate.ts'
import { streamOutput } from './process-io-stream.ts'
import type { CallReader } from './read-calls.ts'

export type Exchange = { readonly response: Response; readonly media: CallMedia }

/** Asks the core; the answer of a call that has one, and nothing for those that are only told that they are done. */
export async function callCore(
  { shell }: HttpContext,
  call: agent.Call,
  response: Response,
): Promise<OperatorReply | undefined> {
  const gone = new AbortController()
  const onClose = (): void => gone.abort()
  response.on('close', onClose)
  try {
    return await shell.operators.call(call, gone.signal)
  } finally {
    response.off('close', onClose)
  }
}

/** LAUNCH_NESTED_CONTAINER_SESSION: the container lives as long as the connection that its output goes to. */
export async function answerSession(context: HttpContext, call: agent.Call, exchange: Exchange): Promise<void> {
  const { operators } = context.shell
  const { response, media } = exchange
  const reply = await callCore(context, call, response)
  const key = reply?.containerKey
  const container_id = call.launch_nested_container_session?.container_id
  if (reply === undefined || key === undefined || !container_id) return sendReply(response, reply)
  response.on('close', () => operators.endSession(key))
  const attachment = await operators.attach(key)
  if (response.destroyed) return operators.endSession(key)
  if (attachment === undefined) throw new HttpError(500, 'The output of the container is not there any more')
  // The output ends first: the end of the connection would then be that of a command that is about to end.
  const ended = callCore(context, { type: 'WAIT_CONTAINER', wait_container: { container_id } }, response)
  streamOutput(attachment, { response, media: media.answer }, ended)
}

/** A refusal of the core, or the mere word that it is done. */
export function sendReply(response: Response, reply: OperatorReply | undefined): void {
  if (reply === undefined) return
  if (reply.status >= 400) throw new HttpError(reply.status, reply.message ?? '')
  sendEmpty(response, reply.status)
}

export async function answerOutput(context: HttpContext, call: agent.Call, exchange: Exchange): Promise<void> {
  const attachment = await attach(context, call.attach_container_output?.container_id)
  streamOutput(attachment, { response: exchange.response, media: exchange.media.answer })
}

/** The first record says whose input the others are. */
export async function answerInput(
  context: HttpContext,
  { call, calls }: { readonly call: agent.Call; readonly calls: CallReader },
  response: Response,
): Promise<void> {
  if (call.attach_container_input?.type !== 'CONTAINER_ID') {
    throw new HttpError(400, "Expecting 'attach_container_input.type' to be CONTAINER_ID")
  }
  await feedInput(await attach(context, call.attach_container_input.container_id), calls)
  if (!response.req.complete) response.setHeader('Connection', 'close')
  sendEmpty(response, 200)
}

async function attach({ shell }: HttpContext, id: mesos.ContainerID | undefined): Promise<Attachment> {
  const found = id && findContainer(shell.state, id)
  const key = found?.type === 'operator' ? found.container.key : found?.key
  const attachment = key === undefined ? undefined : await shell.operators.attach(key)
  if (attachment !== undefined) return attachment
  // Of a container below one that is known Mesos says no more than that nobody holds its streams.
  const isKnown = id !== undefined && (found !== undefined || executorOf(shell.state, id) !== undefined)
  if (isKnown) throw new HttpError(500, 'I/O switchboard server was disabled for this container')
  throw new HttpError(404, `Container ${id === undefined ? '' : nameOf(id)} cannot be found`)
}

const nameOf = ({ value, parent }: mesos.ContainerID): string =>
  parent === undefined ? value : `${nameOf(parent)}.${value}`
