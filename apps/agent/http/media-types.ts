import { decodeJson, decodeProtobuf, encodeJson, encodeProtobuf, WireError } from '@thermosphere/protocol'
import type { WireName, WireTypes } from '@thermosphere/protocol'
import { acceptedType, HttpError, readBody } from '@thermosphere/service-kit'
import type { Request } from 'express'
import { LIMITS } from '../limits.ts'

const MEDIA_TYPES = ['application/json', 'application/x-protobuf'] as const
export type MediaType = (typeof MEDIA_TYPES)[number]

/** The request's media type; parameters such as a charset are ignored. */
export function contentTypeOf(request: Request, supported: string): MediaType {
  const header = request.headers['content-type']
  if (header === undefined) throw new HttpError(400, "Expecting 'Content-Type' to be present")
  const type = header.split(';', 1)[0]?.trim().toLowerCase()
  const found = MEDIA_TYPES.find((candidate) => candidate === type)
  if (found === undefined) throw new HttpError(415, `Expecting 'Content-Type' of ${supported}`)
  return found
}

/** JSON is tried first, then protobuf; `undefined` when a header of the kind of `Accept` allows neither. */
export const acceptedMediaType = (header: string | undefined): MediaType | undefined =>
  acceptedType(header, MEDIA_TYPES)

export async function readCall<N extends WireName>(request: Request, type: MediaType, name: N): Promise<WireTypes[N]> {
  return decodeAs(type, name, await readBody(request, LIMITS.callBodyBytesMax))
}

export function decodeAs<N extends WireName>(type: MediaType, name: N, bytes: Uint8Array): WireTypes[N] {
  try {
    return type === 'application/json' ? decodeJson(name, bytes) : decodeProtobuf(name, bytes)
  } catch (error) {
    if (error instanceof WireError) throw new HttpError(400, error.toHttpText('Call'), { cause: error })
    throw error
  }
}

/** A message as a body of the given media type. */
export function encodeAs<N extends WireName>(type: MediaType, name: N, value: WireTypes[N]): string | Uint8Array {
  return type === 'application/json' ? encodeJson(name, value) : encodeProtobuf(name, value)
}
