/** RecordIO: `<length in decimal>\n<payload>`, repeated. Chunks of a stream need not align with records. */
import { WireError } from './wire-error.ts'

const NEWLINE = 10
const DIGIT_0 = 48
const DIGIT_9 = 57
/** Enough for every length below 10^15. */
const LENGTH_DIGITS_MAX = 15

const utf8 = new TextEncoder()

/** One record, ready to be written to a stream. */
export function encodeRecord(payload: string | Uint8Array): Uint8Array {
  const bytes = typeof payload === 'string' ? utf8.encode(payload) : payload
  const header = utf8.encode(`${bytes.length}\n`)
  const record = new Uint8Array(header.length + bytes.length)
  record.set(header)
  record.set(bytes, header.length)
  return record
}

export type RecordIoDecoder = {
  /** Returns the records that `chunk` completes. Throws WireError on a bad or too large length. */
  push(chunk: Uint8Array): Uint8Array[]
}

/** Holds at most one record of `maxRecordBytes`. */
export function createRecordIoDecoder(maxRecordBytes: number): RecordIoDecoder {
  let digits = ''
  let record: Uint8Array | undefined
  let filled = 0

  const readLengthByte = (byte: number): void => {
    if (byte === NEWLINE && digits !== '') {
      const length = Number(digits)
      if (length > maxRecordBytes) throw new WireError('json', `A record of ${length} bytes exceeds ${maxRecordBytes}`)
      record = new Uint8Array(length)
      filled = 0
      digits = ''
      return
    }
    if (byte < DIGIT_0 || byte > DIGIT_9 || digits.length >= LENGTH_DIGITS_MAX) {
      throw new WireError('json', 'Failed to decode the length of a record')
    }
    digits += String.fromCharCode(byte)
  }

  return {
    push(chunk) {
      const complete: Uint8Array[] = []
      let at = 0
      while (at < chunk.length || record?.length === filled) {
        if (record === undefined) {
          readLengthByte(chunk[at] ?? NEWLINE)
          at += 1
          continue
        }
        const part = chunk.subarray(at, at + record.length - filled)
        record.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < record.length) continue
        complete.push(record)
        record = undefined
      }
      return complete
    },
  }
}
