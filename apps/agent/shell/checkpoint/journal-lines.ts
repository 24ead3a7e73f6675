/** How the batches of the journal lie in its file, and what can be read of a file that was damaged. */
import type { StoreWrite } from '@thermosphere/effects'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { LIMITS } from '../../limits.ts'

const recordSchema = z.array(
  z.union([
    z.tuple([z.literal('g'), z.int().nonnegative()]),
    z.tuple([z.literal('p'), z.string(), z.string()]),
    z.tuple([z.literal('d'), z.string()]),
    z.tuple([z.literal('x'), z.string()]),
  ]),
)
type JournalRecord = z.infer<typeof recordSchema>[number]

const CHECKSUM_LENGTH = 8

export function recordOf(write: StoreWrite): JournalRecord {
  if (write.type === 'put') return ['p', write.key, write.value]
  return write.type === 'delete' ? ['d', write.key] : ['x', write.prefix]
}

export function encodeLine(records: readonly JournalRecord[]): Buffer {
  const json = Buffer.from(JSON.stringify(records))
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')])
}

export function checksum(data: Buffer): string {
  return crc32(data).toString(16).padStart(CHECKSUM_LENGTH, '0')
}

/** The batches up to the first that cannot be read. `bytes` is their length. */
export type Loaded = {
  readonly entries: Map<string, string>
  readonly generation: number
  readonly bytes: number
  /** Something whole follows what cannot be read, which no crash leaves behind. */
  readonly isBroken: boolean
}

export function parseLines(data: Buffer): Loaded {
  const entries = new Map<string, string>()
  let generation = 0
  let start = 0
  for (;;) {
    const end = data.indexOf(0x0a, start)
    const records = end < 0 ? undefined : decodeLine(data.subarray(start, end))
    if (records === undefined) {
      const isBroken = end >= 0 && end + 1 < data.length
      return { entries, generation, bytes: start, isBroken }
    }
    for (const record of records) {
      if (record[0] === 'g') generation = record[1]
      else replay(entries, record)
    }
    start = end + 1
  }
}

/** The comparison is of text: every bit of a line counts. */
function decodeLine(line: Buffer): JournalRecord[] | undefined {
  if (line.length < CHECKSUM_LENGTH + 3 || line.length > LIMITS.journalLineBytesMax) return undefined
  const json = line.subarray(CHECKSUM_LENGTH + 1)
  if (line.subarray(0, CHECKSUM_LENGTH + 1).toString('latin1') !== `${checksum(json)} `) return undefined
  return recordSchema.parse(JSON.parse(json.toString('utf8')))
}

function replay(entries: Map<string, string>, record: Exclude<JournalRecord, readonly ['g', number]>): void {
  if (record[0] === 'p') entries.set(record[1], record[2])
  else if (record[0] === 'd') entries.delete(record[1])
  else for (const key of [...entries.keys()]) if (key.startsWith(record[1])) entries.delete(key)
}
