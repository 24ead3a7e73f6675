/** How one value is written where many follow each other. Forms are constants: encodings are kept by form. */
export interface Form<V> {
  readonly separator: '' | ','
  encode(value: V): string | Uint8Array
}

export interface EncodedItems<V> {
  readonly values: readonly V[]
  readonly bytes: Uint8Array
  /** Where each value ends in the bytes, without the separator. */
  readonly ends: Uint32Array
}

const utf8 = new TextEncoder()
const comma = 44
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const bytesPerUnitMax = 3

/** Shared: encoding is synchronous. It grows to the largest page. */
let scratch = new Uint8Array(256 * 1024)

function reserve(used: number, more: number): void {
  if (used + more <= scratch.length) return
  const larger = new Uint8Array(Math.max(scratch.length * 2, used + more))
  larger.set(scratch.subarray(0, used))
  scratch = larger
}

function put(at: number, item: string | Uint8Array): number {
  if (typeof item === 'string') {
    reserve(at, item.length * bytesPerUnitMax)
    return at + utf8.encodeInto(item, scratch.subarray(at)).written
  }
  reserve(at, item.length)
  scratch.set(item, at)
  return at + item.length
}

/** Encodes the values; those that `before` has are copied from there. */
export function encodeItems<V extends object>(
  form: Form<V>,
  values: readonly V[],
  before: EncodedItems<V> | undefined,
): EncodedItems<V> {
  const ends = new Uint32Array(values.length)
  const gap = form.separator.length
  let at = 0
  let next = 0
  for (const [index, value] of values.entries()) {
    if (gap > 0 && index > 0) {
      reserve(at, 1)
      scratch[at++] = comma
    }
    const found = before ? before.values.indexOf(value, next) : -1
    if (before && found >= 0) next = found + 1
    at = put(at, before && found >= 0 ? itemAt(before, found, gap) : form.encode(value))
    ends[index] = at
  }
  return { values, bytes: scratch.slice(0, at), ends }
}

export function itemAt<V>({ bytes, ends }: EncodedItems<V>, index: number, gap: number): Uint8Array {
  const begin = index === 0 ? 0 : (ends[index - 1] ?? 0) + gap
  return bytes.subarray(begin, ends[index])
}
