import { decodeJson, decodeProtobuf, encodeJson, encodeProtobuf, WireError } from '@thermosphere/protocol'
import type { WireName, WireTypes } from '@thermosphere/protocol'
import { HttpError, readBody } from '@thermosphere/service-kit'
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

/** JSON is tried first, then protobuf; `undefined` when neither is acceptable. */
export function acceptedType(request: Request): MediaType | undefined {
  return MEDIA_TYPES.find((type) => accepts(request.headers.accept, type))
}

/** Whether a header of the kind of `Accept` allows the type; one that is not there allows all. */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true
  return header.split(',').some((text) => {
    const range = parseRange(text)
    return range.isAllowed && matches(range.type, type)
  })
}

function parseRange(text: string): { readonly type: string; readonly isAllowed: boolean } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  return { type, isAllowed: !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) }
}

function matches(range: string, type: string): boolean {
  return range === '*/*' || range === type || range === `${type.split('/', 1)[0] ?? ''}/*`
}

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
