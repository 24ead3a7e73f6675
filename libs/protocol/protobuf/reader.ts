/** Reads proto2 binary. `missing` is set by the generated decoders when a required field was not there. */
import { MESSAGE_DEPTH_MAX } from '../schema.ts'
import type { EnumSchema } from '../schema.ts'
import { WireError } from '../wire-error.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const SHORT_STRING_MAX = 40
const TWO_TO_32 = 4294967296

function combine(high: number, low: number): number | bigint {
  const value = high * TWO_TO_32 + low
  return high < 0x200000 ? value : (BigInt(high) << 32n) | BigInt(low)
}

export class Reader {
  pos = 0
  depth = 0
  missing = false
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** Upper half of the last varint64. */
  #high = 0

  constructor(bytes: Uint8Array) {
    // A plain view: slices of a Buffer would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.length
  }

  #byte(): number {
    const byte = this.#bytes[this.pos]
    if (byte === undefined) throw new WireError('protobuf', 'The message is truncated')
    this.pos += 1
    return byte
  }

  /** The lower 32 bits of a varint. */
  uint32(): number {
    let byte = this.#byte()
    if (byte < 128) return byte
    let value = byte & 127
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.#byte()
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new WireError('protobuf', 'A varint is longer than ten bytes')
  }

  int32(): number {
    return this.uint32() | 0
  }

  bool(): boolean {
    return this.#low64() !== 0 || this.#high !== 0
  }

  /** Returns the lower half of a varint and leaves the upper one in #high. */
  #low64(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else if (shift < 67) high |= bits << (shift - 32)
      if (byte < 128) {
        this.#high = high >>> 0
        return low >>> 0
      }
    }
    throw new WireError('protobuf', 'A varint is longer than ten bytes')
  }

  uint64(): number | bigint {
    const low = this.#low64()
    return combine(this.#high, low)
  }

  int64(): number | bigint {
    const low = this.#low64()
    const high = this.#high
    if (high < 0x80000000) return combine(high, low)
    // The magnitude of a negative number, less one, has the inverted bits.
    const magnitude = combine(~high >>> 0, ~low >>> 0)
    if (typeof magnitude === 'number' && magnitude < Number.MAX_SAFE_INTEGER) return -magnitude - 1
    return -BigInt(magnitude) - 1n
  }

  double(): number {
    const start = this.#take(8)
    return this.#view.getFloat64(start, true)
  }

  /** Moves over `count` bytes and returns where they began. */
  #take(count: number): number {
    const start = this.pos
    if (count > this.length - start) throw new WireError('protobuf', 'The message is truncated')
    this.pos = start + count
    return start
  }

  /** Where the length-delimited value that begins here ends. */
  end(limit: number): number {
    const count = this.uint32()
    if (count > limit - this.pos) throw new WireError('protobuf', 'The message is truncated')
    return this.pos + count
  }

  string(): string {
    const start = this.#take(this.uint32())
    const end = this.pos
    if (end - start > SHORT_STRING_MAX) return utf8.decode(this.#bytes.subarray(start, end))
    let text = ''
    for (let index = start; index < end; index += 1) {
      const byte = this.#bytes[index] ?? 0
      if (byte > 127) return utf8.decode(this.#bytes.subarray(start, end))
      text += String.fromCharCode(byte)
    }
    return text
  }

  bytes(): Uint8Array {
    const start = this.#take(this.uint32())
    return this.#bytes.slice(start, this.pos)
  }

  /** The name of an enum value; `undefined` for one that the schema does not know. */
  enum(schema: EnumSchema): string | undefined {
    return schema.names.get(this.int32())
  }

  enter(): void {
    this.depth += 1
    if (this.depth > MESSAGE_DEPTH_MAX) throw new WireError('protobuf', 'Messages are nested too deeply')
  }

  /** Ends a message that was said to end at `end`. */
  leave(end: number): void {
    if (this.pos !== end) throw new WireError('protobuf', 'A field reaches beyond its message')
    this.depth -= 1
  }

  /** Passes over the value of an unknown field. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) throw new WireError('protobuf', 'A field has the number 0')
    switch (tag & 7) {
      case 0:
        this.#low64()
        return
      case 1:
        this.#take(8)
        return
      case 2:
        this.#take(this.uint32())
        return
      case 3:
        this.#skipGroup(tag >>> 3)
        return
      case 5:
        this.#take(4)
        return
      default:
        throw new WireError('protobuf', `Wire type ${tag & 7} has no meaning here`)
    }
  }

  #skipGroup(number: number): void {
    this.enter()
    for (let tag = this.uint32(); tag !== ((number << 3) | 4) >>> 0; tag = this.uint32()) this.skip(tag)
    this.depth -= 1
  }
}
