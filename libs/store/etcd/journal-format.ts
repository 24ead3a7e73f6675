/** Pure: pieces of a large transaction as bytes, in chunks that fit into a request. */
import { StoreError } from '../errors.ts'
import { ETCD_LIMITS } from '../limits.ts'
import type { Piece } from './plan.ts'

/** What the piece adds to a request. */
export const pieceBytes = (piece: Piece): number =>
  ETCD_LIMITS.operationOverheadBytes + piece.key.length + secondOf(piece).length

/** In groups of at most `requestBytesMax`, in order. */
export function groupPieces(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = []
  let bytes = Infinity
  for (const piece of pieces) {
    bytes += pieceBytes(piece)
    if (bytes > ETCD_LIMITS.requestBytesMax) {
      groups.push([])
      bytes = pieceBytes(piece)
    }
    groups.at(-1)?.push(piece)
  }
  return groups
}

const KINDS = ['put', 'delete', 'delete range'] as const

/** Each piece is its kind (1 byte), the lengths of key and value or end (4 bytes each), and both. */
export function encodePieces(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.flatMap((piece) => {
      const second = secondOf(piece)
      const front = Buffer.alloc(9)
      front.writeUInt8(piece.type === 'put' ? 0 : piece.end === undefined ? 1 : 2, 0)
      front.writeUInt32BE(piece.key.length, 1)
      front.writeUInt32BE(second.length, 5)
      return [front, piece.key, second]
    }),
  )
}

/** Throws STORE_VALUE_INVALID when the bytes are not what `encodePieces` makes. */
export function decodePieces(bytes: Buffer): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 9 > bytes.length) throw damaged()
    const kind = KINDS[bytes.readUInt8(at)]
    const keyEnd = at + 9 + bytes.readUInt32BE(at + 1)
    const end = keyEnd + bytes.readUInt32BE(at + 5)
    if (kind === undefined || end > bytes.length) throw damaged()
    const key = bytes.subarray(at + 9, keyEnd)
    const second = bytes.subarray(keyEnd, end)
    if (kind === 'put') pieces.push({ type: 'put', key, value: second })
    else pieces.push(kind === 'delete' ? { type: 'delete', key } : { type: 'delete', key, end: second })
    at = end
  }
  return pieces
}

const NONE = Buffer.alloc(0)
const secondOf = (piece: Piece): Buffer => (piece.type === 'put' ? piece.value : (piece.end ?? NONE))

const damaged = (): StoreError =>
  new StoreError('STORE_VALUE_INVALID', 'a chunk of the journal in etcd is damaged; restore a snapshot')
