/** Answers in pieces: punctuation, fragments that are encoded when they are needed, messages within messages. */
import { encodeItems } from '../books/encoded-items.ts'
import type { Form } from '../books/encoded-items.ts'
import type { PageForm } from '../books/page-form.ts'
import type { PageView } from '../books/page.ts'

/** Something that takes at most a few milliseconds to encode, and always comes out the same. Without bytes, a pause. */
export interface Fragment {
  bytes(): Uint8Array | readonly Uint8Array[]
}

/** A protobuf message as a field of another. */
export interface Nested {
  readonly field: number
  readonly parts: Iterable<Part>
}

export type Part = string | Fragment | Nested

const utf8 = new TextEncoder()

/**
 * An answer on its way: its bytes piece by piece, in order. Nothing comes where a pause is good although no piece is
 * ready, so that whoever takes the pieces may let others work every few milliseconds.
 */
export type Rendering = Generator<Uint8Array | undefined, void>

/** Encodes the parts when their turn comes. A message within another is encoded whole, as its length comes first. */
export function* render(parts: () => Iterable<Part>): Rendering {
  yield* piecesOf(parts())
}

function* piecesOf(parts: Iterable<Part>): Rendering {
  for (const part of parts) {
    if (typeof part === 'string') yield punctuation(part)
    else if ('field' in part) {
      const inner = yield* collected(piecesOf(part.parts))
      yield nestedPrefix(part.field, lengthOf(inner))
      yield* inner
    } else {
      const bytes = part.bytes()
      if (bytes instanceof Uint8Array) yield bytes
      else if (bytes.length === 0) yield
      else yield* bytes
    }
  }
}

const comma = utf8.encode(',')

const punctuation = (text: string): Uint8Array => (text === ',' ? comma : utf8.encode(text))

/** All pieces of an answer whose length has to be known before the first of them goes out. */
export function* collected(rendering: Rendering): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const piece of rendering) {
    if (piece) pieces.push(piece)
    yield
  }
  return pieces
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

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
export const late = (encode: () => string | Uint8Array): Fragment => ({ bytes: () => bytesOf(encode()) })

const bytesOf = (encoded: string | Uint8Array): Uint8Array =>
  typeof encoded === 'string' ? utf8.encode(encoded) : encoded

/** Encoded when it is first needed, and kept. */
export function kept(encode: () => string | Uint8Array): Fragment {
  let bytes: Uint8Array | undefined
  return { bytes: () => (bytes ??= bytesOf(encode())) }
}

const pause: Fragment = { bytes: () => [] }

/** Pages one after the other, with the separator of the form between. */
export function* pagesIn<V extends object>(pages: Iterable<PageView<V>>, form: PageForm<V>): Generator<Part> {
  let isFirst = true
  for (const page of pages) {
    if (page.values.length === 0) {
      yield pause
      continue
    }
    if (!isFirst && form.separator !== '') yield form.separator
    isFirst = false
    yield { bytes: () => page.pieces(form) }
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
    yield { bytes: () => encodeItems(form, values.slice(from, from + runLength), undefined).pieces }
  }
}
