import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { createRecordIoDecoder, encodeRecord } from './record-io.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (input: string): Uint8Array => new TextEncoder().encode(input)

suite('RecordIO', () => {
  test('is a decimal length, a newline and the payload', () => {
    assert.equal(text(encodeRecord('{"type":"é"}')), '13\n{"type":"é"}')
  })

  test('gives the records back however the stream is cut', () => {
    const property = fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (records, cuts) => {
        const stream = Buffer.concat(records.map(encodeRecord))
        const decoder = createRecordIoDecoder(40)
        const found: Uint8Array[] = []
        for (let at = 0, index = 0; at < stream.length; index += 1) {
          const size = cuts[index % cuts.length] ?? 1
          found.push(...decoder.push(stream.subarray(at, at + size)))
          at += size
        }
        assert.deepEqual(found, records)
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  test('gives an empty record as soon as its length is complete', () => {
    assert.deepEqual(createRecordIoDecoder(10).push(bytes('0\n')), [new Uint8Array(0)])
  })

  test('is refused when a record exceeds the bound', () => {
    assert.throws(() => createRecordIoDecoder(10).push(bytes('11\n')), /A record of 11 bytes exceeds 10/)
    assert.throws(() => createRecordIoDecoder(10).push(bytes('9999999999999999')), /length of a record/)
  })

  test('is refused when the length is not a number', () => {
    for (const stream of ['\n', 'x\n', '-1\n', '1 \n', '{"type"']) {
      assert.throws(() => createRecordIoDecoder(10).push(bytes(stream)), /length of a record/)
    }
  })
})
