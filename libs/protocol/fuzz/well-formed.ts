import { encodeObject } from '../json/encode.ts'
import { encodeMessage } from '../protobuf/compile.ts'
import type { MediaType } from '../codec.ts'
import type { WireObject } from '../schema.ts'

const utf8 = new TextEncoder()

/** The body of a call as a client would write it. */
export const wellFormed = (name: string, message: WireObject, mediaType: MediaType): Uint8Array =>
  mediaType === 'application/json' ? utf8.encode(encodeObject(name, message)) : encodeMessage(name, message)
