import type { Random } from '@thermosphere/effects'
import { decodeJson, decodeProtobuf } from '../codec.ts'
import type { WireName } from '../codec.ts'
import type { WireObject } from '../schema.ts'
import type { WireTypes } from '../wire/wire-types.gen.ts'
import { WireError } from '../wire-error.ts'
import { malformedJson } from './mutate-json.ts'
import { malformedProtobuf } from './mutate-protobuf.ts'
import { wellFormed } from './well-formed.ts'

/** What a codec makes of the message, every other time after it was spoilt; undefined when the codec refuses it. */
export function receivedMessage<Name extends WireName>(
  name: Name,
  message: WireObject,
  random: Random,
): WireTypes[Name] | undefined {
  try {
    switch (random.integer(4)) {
      case 0:
        return decodeJson(name, malformedJson(name, message, random).body)
      case 1:
        return decodeProtobuf(name, malformedProtobuf(name, message, random).body)
      default:
        return decodeProtobuf(name, wellFormed(name, message, 'application/x-protobuf'))
    }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}
