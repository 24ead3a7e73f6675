/**
 * An answer that is made and written as fast as its reader takes it. What is small has a Content-Length. What is large
 * comes in chunks: with a length its first byte would wait until its last is made, and every client of HTTP/1.1 takes
 * chunks, as Mesos' own streams need them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { acceptsGzip } from '../negotiation/gzip.ts'
import { HTTP_LIMITS } from '../http/limits.ts'
import { gzipPieces } from './gzip-pieces.ts'
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { lengthOf } from './pieces.ts'
import type { Pieces } from './pieces.ts'
import { runInSlices } from './slices.ts'
import { writeChunks, writePieces } from './write-pieces.ts'
import type { Written } from './write-pieces.ts'

export type LargeAnswer = {
  readonly contentType: string
  /** Makes the answer, a few milliseconds at a time. */
  readonly rendering: Generator<Uint8Array | undefined, void>
  /** Before a reader that takes nothing is cut. */
  readonly stallMs?: number
  readonly onSlow?: () => void
}

/** Sends 200 with the answer. Resolves when all of it is on its way, or the reader is gone. */
export async function sendLarge(
  request: IncomingMessage,
  response: ServerResponse,
  answer: LargeAnswer,
): Promise<void> {
  const isWanted = (): boolean => !response.destroyed
  const isHead = request.method === 'HEAD'
  const beginMax = isHead || !takesChunks(request) ? Infinity : LARGE_ANSWER_LIMITS.wholeBytesMax
  const begun = await runInSlices(begin(answer.rendering, beginMax), isWanted)
  if (!begun) return
  const isPacked = !isHead && begun.length >= HTTP_LIMITS.gzipBytesMin && acceptsGzip(request)
  const pieces = begun.isWhole ? begun.pieces : joined(begun.pieces, answer.rendering)
  const packed = isPacked ? gzipPieces(pieces, isWanted) : undefined
  const whole = begun.isWhole && packed ? await Array.fromAsync(packed) : begun.pieces
  const length = begun.isWhole ? lengthOf(whole) : undefined
  if (!isWanted()) return
  response.writeHead(200, {
    'Content-Type': answer.contentType,
    ...(length !== undefined && { 'Content-Length': length }),
    ...(isPacked && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
  })
  const write = (): Promise<Written> => {
    if (packed && !begun.isWhole) return writeChunks(response, packed, answer.stallMs)
    return writePieces(response, begun.isWhole ? whole : pieces, answer.stallMs)
  }
  if (!isHead && (await write()) === 'slow') {
    answer.onSlow?.()
    response.destroy()
    return
  }
  response.end()
}

/** A client of HTTP/1.0 cannot tell an answer without a length that was cut from one that is over. */
const takesChunks = ({ httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean =>
  httpVersionMajor > 1 || (httpVersionMajor === 1 && httpVersionMinor >= 1)

type Begun = { readonly pieces: readonly Uint8Array[]; readonly length: number; readonly isWhole: boolean }

/** Pieces until the answer is whole or longer than this. */
function* begin(rendering: LargeAnswer['rendering'], lengthMax: number): Generator<undefined, Begun> {
  const pieces: Uint8Array[] = []
  let length = 0
  while (length <= lengthMax) {
    const { done, value } = rendering.next()
    if (done === true) return { pieces, length, isWhole: true }
    if (value) pieces.push(value)
    length += value?.length ?? 0
    yield
  }
  return { pieces, length, isWhole: false }
}

function* joined(first: Pieces, rest: Pieces): Generator<Uint8Array | undefined> {
  yield* first
  yield* rest
}
