import { errorMessage } from '@thermosphere/effects'
import type { agent } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import { once } from 'node:events'
import { LIMITS } from '../../limits.ts'
import type { Attachment } from '../../shell/operators/attachment.ts'
import type { CallReader } from './read-calls.ts'

/** Gives a container what a client sends it. Resolves with the end of the input, or of the container. */
export async function feedInput(attachment: Attachment, calls: CallReader): Promise<void> {
  if (!attachment.takeInput()) throw new HttpError(409, 'Multiple input connections are not allowed')
  const gone = new AbortController()
  try {
    // A client that sends nothing learns that the container has ended, but only after it could have sent the rest.
    const ended = attachment.ended.then(() => once(AbortSignal.timeout(LIMITS.inputRestMs), 'abort'))
    await Promise.race([readAll(attachment, calls, gone.signal), ended])
  } finally {
    gone.abort()
    attachment.giveInputBack()
  }
}

async function readAll(attachment: Attachment, calls: CallReader, gone: AbortSignal): Promise<void> {
  for (let call = await calls.next(); call !== undefined && !gone.aborted; call = await calls.next()) {
    const problem = inputProblem(call.attach_container_input)
    if (problem !== undefined) throw new HttpError(400, problem)
    await apply(attachment, call.attach_container_input?.process_io, gone)
  }
}

async function apply({ io }: Attachment, message: agent.ProcessIO | undefined, gone: AbortSignal): Promise<void> {
  const size = message?.control?.tty_info?.window_size
  if (message?.type === 'CONTROL' && size !== undefined) {
    await io.resize(size).catch((error: unknown) => {
      throw new HttpError(400, `Unable to set the window size: ${errorMessage(error)}`)
    })
  }
  const data = message?.type === 'DATA' ? message.data?.data : undefined
  if (data === undefined || io.stdin.destroyed) return
  if (data.length > 0) {
    if (!io.stdin.write(data)) await once(io.stdin, 'drain', { signal: gone }).catch(() => undefined)
  } else if (!io.hasTerminal) {
    // A terminal is told of the end by the character for it.
    io.stdin.end()
  }
}

/** What is wrong with a record after the first, in Mesos' words. */
function inputProblem(input: agent.Call_AttachContainerInput | undefined): string | undefined {
  if (input?.type !== 'PROCESS_IO') {
    return `Expecting 'attach_container_input.type' to be 'PROCESS_IO' instead of: '${input?.type ?? 'UNKNOWN'}'`
  }
  const { process_io: message } = input
  if (message === undefined) return present('attach_container_input.process_io')
  if (message.type === 'DATA') return dataProblem(message.data)
  if (message.type === 'CONTROL') return controlProblem(message.control)
  return message.type === undefined ? present('process_io.type') : "'process_io.type' is unknown"
}

function dataProblem(data: agent.ProcessIO_Data | undefined): string | undefined {
  if (data === undefined) return present('process_io.data')
  if (data.type === undefined) return present('process_io.data.type')
  if (data.type !== 'STDIN') return "Expecting 'process_io.data.type' to be 'STDIN'"
  return data.data === undefined ? present('process_io.data.data') : undefined
}

function controlProblem(control: agent.ProcessIO_Control | undefined): string | undefined {
  if (control === undefined) return present('process_io.control')
  if (control.type === undefined) return present('process_io.control.type')
  if (control.type === 'UNKNOWN') return "'process_io.control.type' is unknown"
  if (control.type === 'HEARTBEAT') {
    return control.heartbeat === undefined ? present('process_io.control.heartbeat') : undefined
  }
  if (control.tty_info === undefined) return present('process_io.control.tty_info')
  return control.tty_info.window_size === undefined ? present('tty_info.window_size') : undefined
}

const present = (member: string): string => `Expecting '${member}' to be present`
