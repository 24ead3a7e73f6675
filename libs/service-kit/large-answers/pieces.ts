import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { myTurn } from './slices.ts'

/** What an answer consists of, in order; nothing where a pause is good although no piece is ready. */
export type Pieces = Iterable<Uint8Array | undefined>

export const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

/** In a row, each at least as long as is worth a write. */
export function* grouped(pieces: Pieces): Generator<Uint8Array | undefined> {
  let run: Uint8Array[] = []
  let length = 0
  for (const piece of pieces) {
    if (piece) run.push(piece)
    length += piece?.length ?? 0
    const isEnough = length >= LARGE_ANSWER_LIMITS.writeBytesMin
    yield isEnough ? (run.length === 1 ? run[0] : Buffer.concat(run, length)) : undefined
    if (isEnough) run = []
    if (isEnough) length = 0
  }
  if (length > 0) yield Buffer.concat(run, length)
}

/** The pieces, in turn with everything else that is long, until nobody wants them any more. */
export async function* inTurns(pieces: Pieces, isWanted: () => boolean = () => true): AsyncGenerator<Uint8Array> {
  let deadline = await myTurn()
  for (const piece of pieces) {
    if (piece) yield piece
    if (performance.now() <= deadline) continue
    deadline = await myTurn()
    if (!isWanted()) return
  }
}
