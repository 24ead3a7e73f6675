/** Answers in pieces: punctuation, fragments that are encoded when they are needed, messages within messages. */
import { encodeItems } from '../books/encoded-items.ts'
import type { Form } from '../books/encoded-items.ts'
import type { Page } from '../books/page.ts'

/** Something that takes at most a few milliseconds to encode, and always comes out the same. */
export interface Fragment {
  bytes(): Uint8Array
}

/** A protobuf message as a field of another. */
export interface Nested {
  readonly field: number
  readonly parts: Iterable<Part>
}

export type Part = string | Fragment | Nested

const utf8 = new TextEncoder()

/** An answer on its way: pauses every few milliseconds, so that others may work, and ends with its bytes in order. */
export type Rendering = Generator<undefined, Uint8Array[]>

/** Encodes the parts, in order, and pauses after each fragment. */
export function* render(parts: () => Iterable<Part>): Rendering {
  const pieces: Uint8Array[] = []
  yield* renderInto(pieces, parts())
  return pieces
}

function* renderInto(pieces: Uint8Array[], parts: Iterable<Part>): Generator<undefined, number> {
  let length = 0
  for (const part of parts) {
    if (typeof part === 'object' && 'field' in part) {
      const inner: Uint8Array[] = []
      const innerLength = yield* renderInto(inner, part.parts)
      const prefix = nestedPrefix(part.field, innerLength)
      pieces.push(prefix)
      for (const piece of inner) pieces.push(piece)
      length += prefix.length + innerLength
      continue
    }
    const piece = typeof part === 'string' ? utf8.encode(part) : part.bytes()
    pieces.push(piece)
    length += piece.length
    if (typeof part === 'object') yield
  }
  return length
}

const lengthDelimited = 2

function nestedPrefix(field: number, length: number): Uint8Array {
  return Uint8Array.from([...varint((field << 3) | lengthDelimited), ...varint(length)])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

/** Encoded when it is needed. */
export const late = (encode: () => string | Uint8Array): Fragment => ({
  bytes() {
    const encoded = encode()
    return typeof encoded === 'string' ? utf8.encode(encoded) : encoded
  },
})

/** Encoded when it is first needed, and kept. */
export function kept(encode: () => string | Uint8Array): Fragment {
  const fragment = late(encode)
  let bytes: Uint8Array | undefined
  return { bytes: () => (bytes ??= fragment.bytes()) }
}

/** Pages one after the other, with the separator of the form between. */
export function* pagesIn<V extends object>(pages: Iterable<Page<V>>, form: Form<V>): Generator<Part> {
  let isFirst = true
  for (const page of pages) {
    if (!isFirst && form.separator !== '') yield form.separator
    isFirst = false
    yield { bytes: () => page.bytes(form) }
  }
}

/** `"name":[…]`. */
export function* listed(name: string, items: Iterable<Part>): Generator<Part> {
  yield `"${name}":[`
  yield* items
  yield ']'
}

/** A comma between groups of parts; of each group at least one part is something. */
export function* separated(groups: Iterable<Iterable<Part>>): Generator<Part> {
  let isFirst = true
  for (const group of groups) {
    if (!isFirst) yield ','
    isFirst = false
    yield* group
  }
}

/** Values that are not kept in pages, so many at a time. */
const runLength = 128

export function* runsOf<V extends object>(values: readonly V[], form: Form<V>): Generator<Part> {
  for (let from = 0; from < values.length; from += runLength) {
    if (from > 0 && form.separator !== '') yield form.separator
    yield late(() => encodeItems(form, values.slice(from, from + runLength), undefined).bytes)
  }
}
