import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { RecordDecoder } from './record-decoder.ts'

const encode = (records: readonly string[]) =>
  Buffer.concat(records.map((record) => Buffer.from(`${Buffer.byteLength(record)}\n${record}`)))

it('gives back the records however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.integer({ min: 1, max: 7 })), (texts, cuts) => {
      // Text that is not well-formed has no bytes of its own to come back from.
      const records = texts.map((text) => text.toWellFormed())
      const bytes = encode(records)
      const decoder = new RecordDecoder()
      const found: string[] = []
      let from = 0
      for (const cut of [...cuts, bytes.length + 1]) {
        found.push(...decoder.push(bytes.subarray(from, from + cut)))
        from += cut
      }
      assert.deepEqual(
        found,
        records.map((record) => new TextDecoder().decode(Buffer.from(record))),
      )
    }),
    { numRuns: 300 },
  )
})

it('refuses a length that is not a number or too large', () => {
  assert.throws(() => new RecordDecoder().push(Buffer.from('12x\n{}')), /length '12x'/)
  assert.throws(() => new RecordDecoder(10).push(Buffer.from('11\n')), /length '11'/)
})
