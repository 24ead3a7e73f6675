import type { Writable } from 'node:stream'
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { grouped, inTurns } from './pieces.ts'
import type { Pieces } from './pieces.ts'

/** How a large answer came out. `slow`: its reader took nothing for too long. */
export type Written = 'written' | 'gone' | 'slow'

/** Writes the pieces in order and waits whenever the reader is behind. */
export const writePieces = (to: Writable, pieces: Pieces, stallMs?: number): Promise<Written> =>
  // A fast reader takes every write at once: without turns it would get all of the answer in one.
  writeChunks(to, inTurns(grouped(pieces)), stallMs)

/** Takes the next chunk when the reader has taken those before. */
export async function writeChunks(
  to: Writable,
  chunks: AsyncIterable<Uint8Array>,
  stallMs: number = LARGE_ANSWER_LIMITS.readerStallMs,
): Promise<Written> {
  for await (const chunk of chunks) {
    if (to.destroyed) return 'gone'
    if (to.write(chunk)) continue
    const outcome = await drained(to, stallMs)
    if (outcome !== 'written') return outcome
  }
  return to.destroyed ? 'gone' : 'written'
}

function drained(to: Writable, stallMs: number): Promise<Written> {
  const { promise, resolve } = Promise.withResolvers<Written>()
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
