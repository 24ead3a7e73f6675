/**
 * Writes proto2 binary from its end to its beginning: the length of a nested message is known when its prefix is
 * written, so one pass suffices. One buffer serves all messages, since encoding is synchronous.
 */
import type { EnumSchema } from '../schema.ts'
import { WireError } from '../wire-error.ts'

const utf8 = new TextEncoder()
const TWO_TO_32 = 4294967296
const INITIAL_BYTES = 65536
/** A buffer that one large message needed is not kept. */
const KEPT_BYTES_MAX = 4194304

export class Writer {
  missing = false
  #bytes = new Uint8Array(INITIAL_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #pos = INITIAL_BYTES

  /** Bytes written so far. */
  size(): number {
    return this.#bytes.length - this.#pos
  }

  /** The message, until something else is written. */
  written(): Uint8Array {
    return this.#bytes.subarray(this.#pos)
  }

  reset(): void {
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#allocate(INITIAL_BYTES)
    this.#pos = this.#bytes.length
    this.missing = false
  }

  #allocate(length: number): void {
    this.#bytes = new Uint8Array(length)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Makes room for `count` bytes and moves there. */
  #back(count: number): number {
    if (this.#pos < count) {
      const written = this.#bytes.subarray(this.#pos)
      this.#allocate(Math.max(this.#bytes.length * 2, written.length + count))
      this.#pos = this.#bytes.length - written.length
      this.#bytes.set(written, this.#pos)
    }
    this.#pos -= count
    return this.#pos
  }

  uint32(value: number): void {
    if (value < 128 && value >= 0) {
      const at = this.#back(1)
      this.#bytes[at] = value
      return
    }
    let rest = value >>> 0
    let at = this.#back(rest < 0x4000 ? 2 : rest < 0x200000 ? 3 : rest < 0x10000000 ? 4 : 5)
    for (; rest > 127; rest >>>= 7) this.#bytes[at++] = (rest & 127) | 128
    this.#bytes[at] = rest
  }

  /** Negative numbers are sign-extended to 64 bits. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value)
    else this.#varint64(value >>> 0, 0xffffffff)
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0)
  }

  uint64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) this.uint32(value)
    else if (typeof value === 'number' && Number.isSafeInteger(value)) {
      this.#varint64(value >>> 0, Math.floor(value / TWO_TO_32) >>> 0)
    } else {
      const bits = BigInt.asUintN(64, BigInt(value))
      this.#varint64(Number(bits & 0xffffffffn), Number(bits >> 32n))
    }
  }

  int64(value: number | bigint): void {
    this.uint64(value)
  }

  #varint64(low: number, high: number): void {
    let count = 1
    for (let index = 1; index < 10; index += 1) {
      const shift = index * 7
      const above = shift < 32 ? (low >>> shift) | high : high >>> (shift - 32)
      if (above !== 0) count = index + 1
    }
    const at = this.#back(count)
    let restLow = low
    let restHigh = high
    for (let index = 0; index < count; index += 1) {
      this.#bytes[at + index] = (restLow & 127) | (index === count - 1 ? 0 : 128)
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0
      restHigh >>>= 7
    }
  }

  double(value: number): void {
    const at = this.#back(8)
    this.#view.setFloat64(at, value, true)
  }

  string(value: string): void {
    const { length } = value
    const at = this.#back(length)
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 127) {
        this.#pos += length
        this.bytes(utf8.encode(value))
        return
      }
      this.#bytes[at + index] = code
    }
    this.uint32(length)
  }

  bytes(value: Uint8Array): void {
    const at = this.#back(value.length)
    this.#bytes.set(value, at)
    this.uint32(value.length)
  }

  enum(schema: EnumSchema, value: string): void {
    const number = schema.numbers.get(value)
    if (number === undefined) throw new WireError('protobuf', `${schema.name} has no value '${value}'`)
    this.int32(number)
  }
}
