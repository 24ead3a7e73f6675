import { decodeJson, decodeProtobuf, WireError } from '@thermosphere/protocol'
import type { WireTypes } from '@thermosphere/protocol'
import { readBody } from '@thermosphere/service-kit'
import { MASTER_LIMITS } from '../limits.ts'
import { sendText } from './answers.ts'
import type { Exchange } from './answers.ts'
import { requestEncoding } from './negotiate.ts'

/** The call in a request's body; undefined after the refusal was sent. */
export async function decodeCall<Name extends 'mesos.v1.scheduler.Call' | 'mesos.v1.master.Call'>(
  name: Name,
  { request, response }: Exchange,
): Promise<WireTypes[Name] | undefined> {
  const encoding = requestEncoding(request)
  const body = await readBody(request, MASTER_LIMITS.callBytesMax)
  if (encoding === null) {
    sendText(response, 400, "Expecting 'Content-Type' to be present")
    return undefined
  }
  if (encoding === undefined) {
    sendText(response, 415, "Expecting 'Content-Type' of application/json or application/x-protobuf")
    return undefined
  }
  try {
    return encoding === 'application/json' ? decodeJson(name, body) : decodeProtobuf(name, body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    sendText(response, 400, error.toHttpText('Call'))
    return undefined
  }
}
