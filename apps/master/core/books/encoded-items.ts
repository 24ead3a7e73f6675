/**
 * Values one after the other as bytes. Most of a page stays the same when one of its values changes, so encodings are
 * runs of items within sources that are never written again: a new encoding refers to the runs that are still true and
 * adds a source for what is new. So a change costs its own bytes, not those of its page.
 */

/** How one value is written where many follow each other. */
export interface Form<V> {
  readonly separator: '' | ','
  /** Bytes may be of a buffer that is used again: they are copied before the next call. */
  readonly encode: (value: V) => string | Uint8Array
}

/** Encoded together, with the separator between. */
interface Source {
  readonly bytes: Uint8Array
  /** Where each item ends, without the separator. */
  readonly ends: Uint32Array
}

/** Items of a source, from the first until before the last. */
interface Run {
  readonly source: Source
  readonly from: number
  to: number
}

export interface EncodedItems<V> {
  readonly values: readonly V[]
  /** All items with their separators, in order. */
  readonly pieces: readonly Uint8Array[]
  readonly runs: readonly Run[]
  /** Of all sources, what is not true any more included. */
  readonly heldBytes: number
}

/** More runs are copied into one: each is a write of its own. */
const runsMax = 16
/** So are runs of sources that are longer by this factor than what is still true of them. */
const staleFactorMax = 2

const utf8 = new TextEncoder()
const commaCode = 44
const comma = Uint8Array.of(commaCode)
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

function joined(items: Iterable<string | Uint8Array>, count: number, gap: number): Source {
  const ends = new Uint32Array(count)
  let at = 0
  let index = 0
  for (const item of items) {
    if (gap > 0 && index > 0) {
      reserve(at, 1)
      scratch[at++] = commaCode
    }
    at = put(at, item)
    ends[index++] = at
  }
  return { bytes: scratch.slice(0, at), ends }
}

function* encoded<V>(form: Form<V>, values: readonly V[]): Generator<string | Uint8Array> {
  for (const value of values) yield form.encode(value)
}

const wholeRun = (source: Source): Run => ({ source, from: 0, to: source.ends.length })

const beginOf = ({ ends }: Source, index: number, gap: number): number =>
  index === 0 ? 0 : (ends[index - 1] ?? 0) + gap

/** Encodes the values; those that `before` has are taken from there. */
export function encodeItems<V extends object>(
  form: Form<V>,
  values: readonly V[],
  before: EncodedItems<V> | undefined,
): EncodedItems<V> {
  const gap = form.separator.length
  const runs = before
    ? compacted(runsOf(form, values, before), gap)
    : [wholeRun(joined(encoded(form, values), values.length, gap))]
  return { values, pieces: piecesOf(runs, gap), runs, heldBytes: heldBytesOf(runs) }
}

const heldBytesOf = (runs: readonly Run[]): number =>
  [...new Set(runs.map(({ source }) => source))].reduce((sum, { bytes }) => sum + bytes.length, 0)

function runsOf<V extends object>(form: Form<V>, values: readonly V[], before: EncodedItems<V>): Run[] {
  const runs: Run[] = []
  let fresh: V[] = []
  const addFresh = (): void => {
    if (fresh.length > 0) runs.push(wholeRun(joined(encoded(form, fresh), fresh.length, form.separator.length)))
    fresh = []
  }
  const places = new Places(before.runs)
  let next = 0
  for (const value of values) {
    const found = before.values.indexOf(value, next)
    if (found < 0) {
      fresh.push(value)
      continue
    }
    addFresh()
    next = found + 1
    const { source, at } = places.of(found)
    const last = runs.at(-1)
    if (last?.source === source && last.to === at) last.to++
    else runs.push({ source, from: at, to: at + 1 })
  }
  addFresh()
  return runs
}

/** Where items are, asked for in their order. */
class Places {
  readonly #runs: readonly Run[]
  #run = 0
  /** Items before the run. */
  #passed = 0

  constructor(runs: readonly Run[]) {
    this.#runs = runs
  }

  of(index: number): { readonly source: Source; readonly at: number } {
    for (; ; this.#run++) {
      // There is a run for each item.
      const { source, from, to } = this.#runs[this.#run] as Run
      if (index - this.#passed < to - from) return { source, at: from + index - this.#passed }
      this.#passed += to - from
    }
  }
}

function compacted(runs: Run[], gap: number): Run[] {
  const trueBytes = runs.reduce((sum, run) => sum + bytesOf(run, gap).length, 0)
  if (runs.length <= runsMax && heldBytesOf(runs) <= staleFactorMax * trueBytes) return runs
  const count = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  return count === 0 ? [] : [wholeRun(joined(itemsOf(runs, gap), count, gap))]
}

function bytesOf({ source, from, to }: Run, gap: number): Uint8Array {
  const isWhole = from === 0 && to === source.ends.length
  return isWhole ? source.bytes : source.bytes.subarray(beginOf(source, from, gap), source.ends[to - 1])
}

function piecesOf(runs: readonly Run[], gap: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (const run of runs) {
    if (gap > 0 && pieces.length > 0) pieces.push(comma)
    pieces.push(bytesOf(run, gap))
  }
  return pieces
}

/** Each item alone. */
export function* itemsOf(runs: readonly Run[], gap: number): Generator<Uint8Array> {
  for (const { source, from, to } of runs)
    for (let at = from; at < to; at++) yield source.bytes.subarray(beginOf(source, at, gap), source.ends[at])
}
