/** An answer of known length whose pieces are written as fast as its reader takes them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { acceptsGzip } from '../http/gzip.ts'
import { HTTP_LIMITS } from '../http/limits.ts'
import { gzipPieces } from './gzip-pieces.ts'
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { myTurn, runInSlices } from './slices.ts'

export type LargeAnswer = {
  readonly contentType: string
  /** Encodes the answer; pauses every few milliseconds. */
  readonly rendering: Generator<undefined, Uint8Array[]>
  /** Before a reader that takes nothing is cut. */
  readonly stallMs?: number
  readonly onSlow?: () => void
}

/** Sends 200 with the pieces. Resolves when they are on their way, or the reader is gone. */
export async function sendLarge(
  request: IncomingMessage,
  response: ServerResponse,
  answer: LargeAnswer,
): Promise<void> {
  const isWanted = (): boolean => !response.destroyed
  const pieces = await runInSlices(answer.rendering, isWanted)
  if (!pieces) return
  const plainLength = lengthOf(pieces)
  const isPacked = request.method !== 'HEAD' && plainLength >= HTTP_LIMITS.gzipBytesMin && acceptsGzip(request)
  const body = isPacked ? await gzipPieces(pieces, isWanted) : pieces
  if (!isWanted()) return
  response.writeHead(200, {
    'Content-Type': answer.contentType,
    'Content-Length': isPacked ? lengthOf(body) : plainLength,
    ...(isPacked && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
  })
  if (request.method !== 'HEAD' && (await writePieces(response, body, answer.stallMs)) === 'slow') {
    answer.onSlow?.()
    response.destroy()
    return
  }
  response.end()
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

/** Writes the pieces in order and waits whenever the reader is behind. `slow` when it stayed so for too long. */
export async function writePieces(
  to: Writable,
  pieces: readonly Uint8Array[],
  stallMs: number = LARGE_ANSWER_LIMITS.readerStallMs,
): Promise<'written' | 'gone' | 'slow'> {
  let deadline = await myTurn()
  for (const piece of writable(pieces)) {
    // A fast reader takes every write at once: without a pause it would get all of the answer in one turn.
    if (performance.now() > deadline) deadline = await myTurn()
    if (to.destroyed) return 'gone'
    if (to.write(piece)) continue
    const outcome = await drained(to, stallMs)
    if (outcome !== 'written') return outcome
    deadline = await myTurn()
  }
  return to.destroyed ? 'gone' : 'written'
}

/** Pieces in a row, each at least as long as is worth a write. */
function* writable(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let run: Uint8Array[] = []
  let length = 0
  for (const piece of pieces) {
    run.push(piece)
    length += piece.length
    if (length < LARGE_ANSWER_LIMITS.writeBytesMin) continue
    yield run.length === 1 ? piece : Buffer.concat(run, length)
    run = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(run, length)
}

function drained(to: Writable, stallMs: number): Promise<'written' | 'gone' | 'slow'> {
  const { promise, resolve } = Promise.withResolvers<'written' | 'gone' | 'slow'>()
  const onDrain = (): void => resolve('written')
  const onClose = (): void => resolve('gone')
  const timer = setTimeout(() => resolve('slow'), stallMs)
  to.once('drain', onDrain)
  to.once('close', onClose)
  return promise.finally(() => {
    clearTimeout(timer)
    to.off('drain', onDrain)
    to.off('close', onClose)
  })
}
