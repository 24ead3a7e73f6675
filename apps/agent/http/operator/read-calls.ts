import { createRecordIoDecoder, WireError } from '@thermosphere/protocol'
import type { agent } from '@thermosphere/protocol'
import { HttpError, readBody } from '@thermosphere/service-kit'
import type { IncomingMessage } from 'node:http'
import { LIMITS } from '../../limits.ts'
import { decodeAs } from '../media-types.ts'
import type { MediaType } from '../media-types.ts'
import { validateCall } from './validate-call.ts'

/** A call as it was sent; throws what is wrong with it as 400. */
function decodeCall(type: MediaType, bytes: Uint8Array): agent.Call {
  const call = decodeAs(type, 'mesos.v1.agent.Call', bytes)
  const problem = validateCall(call)
  if (problem !== undefined) throw new HttpError(400, `Failed to validate agent::Call: ${problem}`)
  return call
}

export async function readOneCall(request: IncomingMessage, type: MediaType): Promise<agent.Call> {
  return decodeCall(type, await readBody(request, LIMITS.callBodyBytesMax))
}

/** The calls of a request that streams them. A client that goes away has sent its last. */
export class CallReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #type: MediaType
  readonly #decoder = createRecordIoDecoder(LIMITS.inputRecordBytesMax)
  readonly #records: Uint8Array[] = []

  constructor(request: IncomingMessage, type: MediaType) {
    this.#chunks = (request as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    this.#type = type
  }

  async next(): Promise<agent.Call | undefined> {
    for (;;) {
      const record = this.#records.shift()
      if (record !== undefined) return decodeCall(this.#type, record)
      const chunk = await this.#chunks.next().catch(() => ({ done: true, value: undefined }) as const)
      if (chunk.done === true) return undefined
      this.#records.push(...decodeRecords(this.#decoder, chunk.value))
    }
  }
}

function decodeRecords(decoder: ReturnType<typeof createRecordIoDecoder>, chunk: Uint8Array): Uint8Array[] {
  try {
    return decoder.push(chunk)
  } catch (error) {
    if (error instanceof WireError) throw new HttpError(400, error.message, { cause: error })
    throw error
  }
}
