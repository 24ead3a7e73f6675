/** Encoding and decoding of every message of the schema by its full name. */
import { decodeObject } from './json/decode.ts'
import { encodeObject } from './json/encode.ts'
import { parseJson } from './json/parse.ts'
import { toPlainObject } from './json/plain-object.ts'
import { borrowMessage, decodeMessage, encodeMessage } from './protobuf/compile.ts'
import type { WireObject } from './schema.ts'
import type { WireTypes } from './wire/wire-types.gen.ts'

/** Full name of a message, for example `mesos.v1.scheduler.Call`. */
export type WireName = keyof WireTypes

// The casts below are sound: the schema that checks or writes a value and its type are generated from one source.

/** JSON text → message, as leniently as Mesos reads it. Throws WireError with stage `json` or `convert`. */
export function decodeJson<Name extends WireName>(name: Name, input: string | Uint8Array): WireTypes[Name] {
  return decodeObject(name, parseJson(input), { owned: true }) as unknown as WireTypes[Name]
}

/** Parsed JSON → message; `input` stays as it is. Throws WireError with stage `convert`. */
export function fromJsonObject<Name extends WireName>(name: Name, input: unknown): WireTypes[Name] {
  return decodeObject(name, input, { owned: false }) as unknown as WireTypes[Name]
}

/** Message → JSON text in Mesos' mapping. */
export function encodeJson<Name extends WireName>(name: Name, value: WireTypes[Name]): string {
  return encodeObject(name, value as unknown as WireObject)
}

/** Message → the same members as an object for JSON.stringify (which writes 15.0 as 15). */
export function toJsonObject<Name extends WireName>(name: Name, value: WireTypes[Name]): Record<string, unknown> {
  return toPlainObject(name, value as unknown as WireObject)
}

/** Protobuf bytes → message. Throws WireError with stage `protobuf`. */
export function decodeProtobuf<Name extends WireName>(name: Name, input: Uint8Array): WireTypes[Name] {
  return decodeMessage(name, input) as unknown as WireTypes[Name]
}

/** Message → protobuf bytes. Throws WireError when a required field is unset. */
export function encodeProtobuf<Name extends WireName>(name: Name, value: WireTypes[Name]): Uint8Array {
  return encodeMessage(name, value as unknown as WireObject)
}

/** Like `encodeProtobuf`, but the bytes are the codec's own: they are true until the next message is encoded. */
export function borrowProtobuf<Name extends WireName>(name: Name, value: WireTypes[Name]): Uint8Array {
  return borrowMessage(name, value as unknown as WireObject)
}

/** The two media types of the v1 APIs. */
export type MediaType = 'application/json' | 'application/x-protobuf'

const utf8 = new TextEncoder()

/** A body in the given media type → message. Throws WireError. */
export function decodeAs<Name extends WireName>(mediaType: MediaType, name: Name, body: Uint8Array): WireTypes[Name] {
  return mediaType === 'application/json' ? decodeJson(name, body) : decodeProtobuf(name, body)
}

/** Message → a body in the given media type. */
export function encodeAs<Name extends WireName>(mediaType: MediaType, name: Name, value: WireTypes[Name]): Uint8Array {
  return mediaType === 'application/json' ? utf8.encode(encodeJson(name, value)) : encodeProtobuf(name, value)
}
