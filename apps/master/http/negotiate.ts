import { acceptedType } from '@thermosphere/service-kit'
import type { IncomingMessage } from 'node:http'
import type { Encoding } from '../shell/streams/event-streams.ts'

const encodings: readonly Encoding[] = ['application/json', 'application/x-protobuf']

/** The encoding of a request's body; undefined if it is none of ours, null if it is not said. */
export function requestEncoding(request: IncomingMessage): Encoding | undefined | null {
  const header = request.headers['content-type']
  if (header === undefined || header === '') return null
  const type = header.split(';', 1)[0]?.trim().toLowerCase()
  return encodings.find((encoding) => encoding === type)
}

/** The first of JSON and protobuf that the client takes. */
export const acceptedEncoding = ({ headers }: IncomingMessage): Encoding | undefined =>
  acceptedType(headers.accept, encodings)
