/**
 * Packs an answer piece by piece, as one gzip stream: every piece becomes a run of deflate blocks that refers to
 * nothing before it and ends on a byte, so that what comes out of a piece can be kept and used again.
 */
import { constants, crc32, deflateRaw } from 'node:zlib'
import { GZIP_LEVEL } from '../negotiation/gzip.ts'
import { combineCrc32 } from './crc32.ts'
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { inTurns } from './pieces.ts'
import type { Pieces } from './pieces.ts'

interface Packed {
  readonly bytes: Uint8Array
  readonly crc: number
  readonly length: number
}

const packedPieces = new WeakMap<Uint8Array, Promise<Packed>>()
const header = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
/** An empty block that says it is the last. */
const lastBlock = [3, 0]

/** The gzip stream of all pieces in a row, in pieces; without its end when it is not wanted any more. */
export async function* gzipPieces(pieces: Pieces, isWanted: () => boolean): AsyncGenerator<Uint8Array> {
  yield header
  let crc = 0
  let length = 0
  const under: (Packed | Promise<Packed>)[] = []
  const take = async (): Promise<Uint8Array> => {
    // Asked for only while there is one.
    const next = await (under.shift() as Packed | Promise<Packed>)
    crc = combineCrc32(crc, next.crc, next.length)
    length += next.length
    return next.bytes
  }
  for await (const piece of inTurns(packable(pieces), isWanted)) {
    under.push(pack(piece))
    if (under.length > LARGE_ANSWER_LIMITS.packingMax) yield await take()
  }
  while (under.length > 0) yield await take()
  const trailer = Buffer.alloc(10)
  trailer.set(lastBlock)
  trailer.writeUInt32LE(crc, 2)
  trailer.writeUInt32LE(length % 2 ** 32, 6)
  yield trailer
}

/** Runs of pieces that are too small to be packed alone, as one; others as they are. */
function* packable(pieces: Pieces): Generator<Uint8Array | undefined> {
  let small: Uint8Array[] = []
  let length = 0
  for (const piece of pieces) {
    if (!piece) yield
    if (!piece) continue
    const isLarge = piece.length >= LARGE_ANSWER_LIMITS.packAloneBytesMin
    if (!isLarge) {
      small.push(piece)
      length += piece.length
    }
    if (small.length > 0 && (isLarge || length >= LARGE_ANSWER_LIMITS.writeBytesMin)) {
      yield Buffer.concat(small, length)
      small = []
      length = 0
    }
    if (isLarge) yield piece
  }
  if (small.length > 0) yield Buffer.concat(small, length)
}

function pack(piece: Uint8Array): Packed | Promise<Packed> {
  return piece.length < LARGE_ANSWER_LIMITS.packBytesMin ? stored(piece) : deflated(piece)
}

/** As a block that is not packed: for the punctuation between two large pieces. */
function stored(piece: Uint8Array): Packed {
  const bytes = Buffer.alloc(5 + piece.length)
  bytes.writeUInt16LE(piece.length, 1)
  bytes.writeUInt16LE(0xffff - piece.length, 3)
  bytes.set(piece, 5)
  return { bytes, crc: crc32(piece), length: piece.length }
}

function deflated(piece: Uint8Array): Promise<Packed> {
  const known = packedPieces.get(piece)
  if (known) return known
  const { promise, resolve, reject } = Promise.withResolvers<Packed>()
  deflateRaw(piece, { level: GZIP_LEVEL, finishFlush: constants.Z_SYNC_FLUSH }, (error, bytes) => {
    if (error) reject(error)
    else resolve({ bytes, crc: crc32(piece), length: piece.length })
  })
  packedPieces.set(piece, promise)
  return promise
}
