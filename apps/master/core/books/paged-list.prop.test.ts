import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ageEncodings, PageForm } from './page-form.ts'
import { PagedList } from './paged-list.ts'

interface Value {
  readonly text: string
}

const form = new PageForm<Value>({ separator: ',', encode: ({ text }) => text })
const step = fc.record({
  key: fc.nat(400),
  change: fc.constantFrom('set', 'set', 'set', 'delete', 'read', 'read', 'age'),
  text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
})

const decoder = new TextDecoder()
type Pages = ReturnType<PagedList<number, Value>['snapshot']>
const textOf = (pages: Pages): string => pages.map((page) => decoder.decode(Buffer.concat(page.pieces(form)))).join(',')
const itemsOf = (pages: Pages): string[] =>
  pages.flatMap((page) => page.items(form).map((item) => decoder.decode(item)))

function assertShown(list: PagedList<number, Value>, twin: ReadonlyMap<number, Value>): void {
  form.ask()
  assert.equal(textOf(list.snapshot()), expected(twin))
  assert.deepEqual(
    itemsOf(list.snapshot()),
    Array.from(twin.values(), ({ text }) => text),
  )
}
const expected = (twin: ReadonlyMap<number, Value>): string => [...twin.values()].map(({ text }) => text).join(',')

test('pages say what a map of the same values says, in its order, and a snapshot stays as it was', () => {
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 900, size: 'max' }), (steps) => {
    const list = new PagedList<number, Value>()
    const twin = new Map<number, Value>()
    const taken: { readonly pages: Pages; readonly text: string }[] = []
    for (const { key, change, text } of steps) {
      if (change === 'delete') assert.equal(list.delete(key), twin.delete(key))
      else if (change === 'set') {
        const value = { text }
        list.set(key, value)
        twin.set(key, value)
      } else if (change === 'age') ageEncodings()
      else {
        assertShown(list, twin)
        if (taken.length < 5) taken.push({ pages: list.snapshot(), text: expected(twin) })
      }
    }
    assert.equal(list.size, twin.size)
    assert.ok(list.snapshot().every((page) => page.values.length > 0 && page.values.length <= 128))
    for (const { pages, text } of taken) assert.equal(textOf(pages), text)
  })
  fc.assert(property, { numRuns: 200 })
})

/** Three hundred values, and which of them were encoded since the last answer. */
function counted() {
  const encoded: string[] = []
  const counting = new PageForm<Value>({
    separator: ',',
    encode({ text }) {
      encoded.push(text)
      return text
    },
  })
  const list = new PagedList<number, Value>()
  for (let key = 0; key < 300; key++) list.set(key, { text: `v${key}` })
  const answer = (): string[] => {
    counting.ask()
    for (const page of list.snapshot()) page.pieces(counting)
    return encoded.splice(0)
  }
  return { list, answer }
}

test('after the first answer, a value that did not change is not encoded again', () => {
  const { list, answer } = counted()
  assert.deepEqual([answer().length, answer().length, answer().length], [300, 0, 0])
  list.set(7, { text: 'new' })
  list.delete(9)
  assert.deepEqual(answer(), ['new'])
  for (let round = 0; round < 100; round++) {
    list.set(round, { text: `round ${round}` })
    assert.deepEqual(answer(), [`round ${round}`])
  }
})

test('encodings that nobody asked for while time passed twice are dropped', () => {
  const { answer } = counted()
  answer()
  ageEncodings()
  assert.deepEqual(answer(), [])
  ageEncodings()
  ageEncodings()
  assert.equal(answer().length, 300)
})

test('what is asked for once while time passes is kept too', () => {
  const { answer } = counted()
  answer()
  ageEncodings()
  assert.equal(answer().length, 0)
  ageEncodings()
  assert.equal(answer().length, 0)
})

test('what is kept of a form is bounded, and what is said stays the same', () => {
  const encoded: string[] = []
  const encode = ({ text }: Value): string => {
    encoded.push(text)
    return text
  }
  const bounded = new PageForm<Value>({ separator: ',', encode }, { keptBytesMax: 100_000 })
  const list = new PagedList<number, Value>()
  const fill = (from: number, to: number): void => {
    for (let key = from; key < to; key++) list.set(key, { text: String(key).padStart(99, '0') })
  }
  const answer = (): number => {
    bounded.ask()
    const texts = list.snapshot().map((page) => decoder.decode(Buffer.concat(page.pieces(bounded))))
    assert.equal(
      texts.join(','),
      Array.from({ length: list.size }, (_, key) => String(key).padStart(99, '0')).join(','),
    )
    return encoded.splice(0).length
  }
  fill(0, 900)
  assert.deepEqual([answer(), answer()], [900, 0])
  // What comes and goes takes room until there is none; then what is needed is kept anew.
  let again = 0
  for (let round = 0; round < 40; round++) {
    for (let key = 899; key >= 640; key--) list.delete(key)
    fill(640, 900)
    again = Math.max(again, answer())
  }
  assert.ok(again > 640, `${again} were encoded in one answer`)
  fill(900, 1300)
  assert.ok(answer() >= 400)
  assert.ok(answer() > 0, 'not all of it is kept')
})

test('an encoding does not hold much more than what is true of it', () => {
  const form = new PageForm<Value>({ separator: ',', encode: ({ text }) => text })
  form.ask()
  const list = new PagedList<number, Value>()
  const set = (key: number, round: number): void => list.set(key, { text: `${round}`.padStart(100, '0') })
  for (let key = 0; key < 128; key++) set(key, 0)
  const buffersOf = (): Uint8Array[] => list.snapshot()[0]?.pieces(form).slice() ?? []
  buffersOf()
  for (let round = 1; round < 500; round++) {
    for (let n = 0; n < 8; n++) set((round * 31 + n * 7) % 128, round)
    const buffers = new Set(buffersOf().map(({ buffer }) => buffer))
    const heldBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
    assert.ok(heldBytes < 2.1 * 128 * 101, `${heldBytes} bytes in round ${round}`)
    assert.ok(buffersOf().length <= 32)
  }
})
