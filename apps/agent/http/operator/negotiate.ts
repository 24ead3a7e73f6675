import { acceptedType, HttpError } from '@thermosphere/service-kit'
import type { IncomingMessage } from 'node:http'
import { acceptedMediaType } from '../media-types.ts'
import type { MediaType } from '../media-types.ts'

const RECORDIO = 'application/recordio'
const JSON_OR_PROTOBUF = 'application/json or application/x-protobuf'
const ALL = `${JSON_OR_PROTOBUF} or ${RECORDIO}`

/** How a call came and how its answer goes; `message` is the encoding of bodies and of the records of a stream. */
export type CallMedia = {
  readonly request: { readonly isStream: boolean; readonly message: MediaType }
  readonly answer: { readonly isStream: boolean; readonly message: MediaType }
}

/** Mesos' order of refusals: the request's type, its messages', the answer's, its messages'. */
export function negotiate({ headers }: IncomingMessage): CallMedia {
  return { request: requestMedia(headers), answer: answerMedia(headers) }
}

function requestMedia(headers: IncomingMessage['headers']): CallMedia['request'] {
  const given = typeOf(headers['content-type'])
  if (given === undefined) throw new HttpError(400, "Expecting 'Content-Type' to be present")
  const message = textOf(headers['message-content-type'])
  if (given === RECORDIO) return { isStream: true, message: recordsOf(message) }
  if (given !== 'application/json' && given !== 'application/x-protobuf') {
    throw new HttpError(415, `Expecting 'Content-Type' of ${ALL}`)
  }
  if (message !== undefined) {
    throw new HttpError(415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests")
  }
  return { isStream: false, message: given }
}

function recordsOf(message: string | undefined): MediaType {
  if (message === undefined) {
    throw new HttpError(400, "Expecting 'Message-Content-Type' to be set for streaming requests")
  }
  const type = typeOf(message)
  if (type === 'application/json' || type === 'application/x-protobuf') return type
  throw new HttpError(415, `Expecting 'Message-Content-Type' of ${JSON_OR_PROTOBUF}`)
}

function answerMedia(headers: IncomingMessage['headers']): CallMedia['answer'] {
  const { accept } = headers
  const message = textOf(headers['message-accept'])
  const plain = acceptedMediaType(accept)
  if (plain !== undefined) {
    if (message === undefined) return { isStream: false, message: plain }
    throw new HttpError(406, "Expecting 'Message-Accept' to be not set for non-streaming responses")
  }
  if (acceptedType(accept, [RECORDIO]) === undefined) throw new HttpError(406, `Expecting 'Accept' to allow ${ALL}`)
  const records = acceptedMediaType(message)
  if (records !== undefined) return { isStream: true, message: records }
  throw new HttpError(406, `Expecting 'Message-Accept' to allow ${JSON_OR_PROTOBUF}`)
}

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header

const typeOf = (header: string | undefined): string | undefined => header?.split(';', 1)[0]?.trim().toLowerCase()

/** Streams are for those calls alone that have something to stream. */
export function refuseStreams(type: string, { request, answer }: CallMedia): void {
  if (request.isStream && type !== 'ATTACH_CONTAINER_INPUT') {
    throw new HttpError(415, `Streaming 'Content-Type' ${RECORDIO} is not supported for ${type} call`)
  }
  if (!request.isStream && type === 'ATTACH_CONTAINER_INPUT') {
    throw new HttpError(415, `Expecting 'Content-Type' to be ${RECORDIO} for ${type} call`)
  }
  if (answer.isStream && type !== 'ATTACH_CONTAINER_OUTPUT' && type !== 'LAUNCH_NESTED_CONTAINER_SESSION') {
    throw new HttpError(406, `Streaming response is not supported for ${type} call`)
  }
}

/** The headers of an answer that streams records. */
export function streamHeaders({ isStream, message }: CallMedia['answer']): Record<string, string> {
  return isStream ? { 'Content-Type': RECORDIO, 'Message-Content-Type': message } : { 'Content-Type': message }
}
