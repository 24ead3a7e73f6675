/** Random values of every message of the schema, for property tests and the fuzzer. */
import type { Random } from '@thermosphere/effects'
import { messageSchema } from '../schema.ts'
import type { Field, ScalarType, ValueType, WireObject } from '../schema.ts'

/** Below this depth only required fields are filled in. */
const FILLED_DEPTH_MAX = 3
const CHARACTERS = [
  'a',
  'Z',
  '0',
  ' ',
  '"',
  '\\',
  '/',
  '\n',
  '\u0000',
  '\u007f',
  '\ufeff',
  'é',
  '語',
  '😀',
  ',',
  ':',
  '{',
  '}',
]

export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random.integer(values.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}

function randomText(random: Random): string {
  const length = pick(random, [0, 1, 5, 12, 60])
  return Array.from({ length }, () => pick(random, CHARACTERS)).join('')
}

const bits64 = (random: Random): bigint => (BigInt(random.uint32()) << 32n) | BigInt(random.uint32())

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function random64(random: Random, wrap: (bits: number, value: bigint) => bigint): number | bigint {
  const small = BigInt(random.integer(300))
  const candidates = [
    small,
    -small,
    bits64(random),
    bits64(random) >> 11n,
    -(2n ** 63n),
    2n ** 53n,
    2n ** 32n,
    2n ** 31n,
  ]
  return narrow(wrap(64, pick(random, candidates)))
}

function randomDouble(random: Random): number {
  const fraction = random.fraction()
  return pick(random, [0, 15, -1, 0.1, fraction, fraction * 1e300, 5e-324, 1e21, 2 ** 53, Infinity, -Infinity, NaN])
}

const scalars: Readonly<Record<ScalarType, (random: Random) => unknown>> = {
  string: randomText,
  bytes: (random) => random.bytes(random.integer(24)),
  bool: (random) => random.integer(2) === 1,
  double: randomDouble,
  int32: (random) => pick(random, [random.uint32() | 0, random.integer(300), -1, -0x80000000]),
  uint32: (random) => pick(random, [random.uint32(), random.integer(300), 0xffffffff]),
  int64: (random) => random64(random, BigInt.asIntN),
  uint64: (random) => random64(random, BigInt.asUintN),
}

/** Objects that make sense where a random one would not, by the full name of their message. */
export type Samples = Readonly<Record<string, readonly object[]>>

type Draw = {
  readonly random: Random
  readonly samples: Samples
  readonly depth: number
  readonly filledDepthMax: number
}

function randomValue(type: ValueType, draw: Draw): unknown {
  const { random } = draw
  if (type.kind === 'message') return sampleOf(type.name, draw) ?? drawMessage(type.name, draw)
  return type.kind === 'enum' ? pick(random, [...type.enum.numbers.keys()]) : scalars[type.scalar](random)
}

/** A sample, often with a member or two that are anything. */
function sampleOf(name: string, draw: Draw): WireObject | undefined {
  const { random } = draw
  const known = draw.samples[name]
  if (known === undefined || random.integer(8) === 0) return undefined
  const sample: WireObject = { ...structuredClone(pick(random, known)) }
  for (let changes = Math.max(0, random.integer(5) - 2); changes > 0; changes--) {
    const { fields } = messageSchema(name)
    const field = pick(random, fields)
    if (random.integer(4) === 0 && field.label !== 'required') delete sample[field.name]
    else setMember(sample, { field, fields }, draw)
  }
  return sample
}

/** Whatever else was set of its oneof is not any more. */
function setMember(
  message: WireObject,
  { field, fields }: { readonly field: Field; readonly fields: readonly Field[] },
  draw: Draw,
): void {
  for (const other of fields) {
    if (field.oneof !== undefined && other.oneof === field.oneof) delete message[other.name]
  }
  message[field.name] = randomField(field, draw)
}

function randomField(field: Field, draw: Draw): unknown {
  const { random } = draw
  const length = 1 + random.integer(3)
  if (field.label === 'repeated') return Array.from({ length }, () => randomValue(field.value, draw))
  if (field.label !== 'map') return randomValue(field.value, draw)
  const keys = Array.from({ length }, (_, index) => `${randomText(random)}${index}`)
  return Object.fromEntries(keys.map((key) => [key, randomValue(field.value, draw)]))
}

function drawMessage(name: string, draw: Draw): WireObject {
  const { random, depth, filledDepthMax } = draw
  const inner = { ...draw, depth: depth + 1 }
  const result: WireObject = {}
  const taken = new Set<string>()
  const { fields } = messageSchema(name)
  for (const field of fields) {
    if (field.oneof !== undefined && taken.has(field.oneof)) continue
    const isFilled = depth < filledDepthMax && random.integer(2 + depth) === 0
    if (field.label !== 'required' && !isFilled) continue
    result[field.name] = randomField(field, inner)
    if (field.oneof !== undefined) taken.add(field.oneof)
  }
  const member = String(result['type']).toLowerCase()
  const ofType = fields.find((field) => field.name === member && field.oneof === undefined)
  if (ofType !== undefined && depth < filledDepthMax && random.integer(8) > 0) {
    result[member] ??= randomField(ofType, inner)
  }
  return result
}

/**
 * A valid message without empty lists; of a oneof at most one member is set. The member that a type is about is mostly
 * there. Among samples it goes deeper.
 */
export function randomMessage(name: string, random: Random, samples: Samples = {}): WireObject {
  const isBare = Object.keys(samples).length === 0
  const filledDepthMax = isBare ? FILLED_DEPTH_MAX : 2 * FILLED_DEPTH_MAX
  return drawMessage(name, { random, samples, depth: 0, filledDepthMax })
}
