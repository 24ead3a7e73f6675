import { limits } from '../../limits.ts'

/**
 * RecordIO as Mesos streams it: `<length in bytes>\n<record>`, again and again. Chunks arrive cut anywhere.
 * (The codec of libs/protocol would bring its whole schema into the bundle for these few lines.)
 */
export class RecordDecoder {
  #pending: Uint8Array = new Uint8Array(0)
  #expected: number | undefined
  readonly #maxBytes: number
  readonly #text = new TextDecoder()

  constructor(maxBytes: number = limits.recordBytesMax) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Uint8Array): string[] {
    this.#pending = concat(this.#pending, chunk)
    const records: string[] = []
    for (let record = this.#next(); record !== undefined; record = this.#next()) records.push(record)
    return records
  }

  #next(): string | undefined {
    this.#expected ??= this.#readLength()
    if (this.#expected === undefined || this.#pending.length < this.#expected) return undefined
    const record = this.#text.decode(this.#pending.subarray(0, this.#expected))
    this.#pending = this.#pending.subarray(this.#expected)
    this.#expected = undefined
    return record
  }

  #readLength(): number | undefined {
    const end = this.#pending.indexOf(10)
    if (end === -1) return undefined
    const digits = this.#text.decode(this.#pending.subarray(0, end))
    const length = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN
    if (!(length <= this.#maxBytes)) throw new Error(`The stream holds a record of length '${digits.slice(0, 20)}'.`)
    this.#pending = this.#pending.subarray(end + 1)
    return length
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
