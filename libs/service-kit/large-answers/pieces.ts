import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { myTurn } from './slices.ts'

/** What an answer consists of, in order; nothing where a pause is good although no piece is ready. */
export type Pieces = Iterable<Uint8Array | undefined>

export const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

const together = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)

/** In groups that are worth a write each. Only small pieces are copied: those in a row become one. */
export function* grouped(pieces: Pieces): Generator<readonly Uint8Array[] | undefined> {
  let group: Uint8Array[] = []
  let small: Uint8Array[] = []
  let length = 0
  for (const piece of pieces) {
    if (!piece) yield
    if (!piece) continue
    length += piece.length
    const isSmall = piece.length < LARGE_ANSWER_LIMITS.copyBytesMax
    if (isSmall) small.push(piece)
    const isEnough = length >= LARGE_ANSWER_LIMITS.writeBytesMin
    if (small.length > 0 && (isEnough || !isSmall)) {
      group.push(together(small))
      small = []
    }
    if (!isSmall) group.push(piece)
    yield isEnough ? group : undefined
    if (isEnough) group = []
    if (isEnough) length = 0
  }
  if (small.length > 0) group.push(together(small))
  if (group.length > 0) yield group
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
