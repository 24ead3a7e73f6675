import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Form } from './encoded-items.ts'
import { PagedList } from './paged-list.ts'

interface Value {
  readonly text: string
}

const form: Form<Value> = { separator: ',', encode: ({ text }) => text }
const step = fc.record({
  key: fc.nat(400),
  change: fc.constantFrom('set', 'set', 'set', 'delete', 'read'),
  text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
})

const decoder = new TextDecoder()
const shown = (list: PagedList<number, Value>): string =>
  list
    .snapshot()
    .map((page) => decoder.decode(page.bytes(form)))
    .join(',')
const expected = (twin: ReadonlyMap<number, Value>): string => [...twin.values()].map(({ text }) => text).join(',')

test('pages say what a map of the same values says, in its order, and a snapshot stays as it was', () => {
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 900, size: 'max' }), (steps) => {
    const list = new PagedList<number, Value>()
    const twin = new Map<number, Value>()
    const taken: { readonly pages: ReturnType<typeof list.snapshot>; readonly text: string }[] = []
    for (const { key, change, text } of steps) {
      if (change === 'delete') assert.equal(list.delete(key), twin.delete(key))
      else if (change === 'set') {
        const value = { text }
        list.set(key, value)
        twin.set(key, value)
      } else {
        assert.equal(shown(list), expected(twin))
        if (taken.length < 5) taken.push({ pages: list.snapshot(), text: expected(twin) })
      }
    }
    assert.equal(list.size, twin.size)
    assert.ok(list.snapshot().every((page) => page.values.length > 0 && page.values.length <= 128))
    for (const { pages, text } of taken)
      assert.equal(pages.map((page) => decoder.decode(page.bytes(form))).join(','), text)
  })
  fc.assert(property, { numRuns: 200 })
})

test('a value that did not change is not encoded again', () => {
  const encoded: string[] = []
  const counting: Form<Value> = {
    separator: ',',
    encode({ text }) {
      encoded.push(text)
      return text
    },
  }
  const list = new PagedList<number, Value>()
  for (let key = 0; key < 300; key++) list.set(key, { text: `v${key}` })
  for (const page of list.snapshot()) page.bytes(counting)
  encoded.length = 0
  list.set(7, { text: 'new' })
  list.delete(9)
  for (const page of list.snapshot()) page.bytes(counting)
  assert.deepEqual(encoded, ['new'])
})
