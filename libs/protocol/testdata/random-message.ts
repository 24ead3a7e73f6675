/** Random values of every message of the schema, for the property tests. */
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

function pick<T>(random: Random, values: readonly T[]): T {
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

function randomValue(type: ValueType, random: Random, depth: number): unknown {
  if (type.kind === 'message') return randomMessage(type.name, random, depth + 1)
  return type.kind === 'enum' ? pick(random, [...type.enum.numbers.keys()]) : scalars[type.scalar](random)
}

function randomField(field: Field, random: Random, depth: number): unknown {
  const length = 1 + random.integer(3)
  if (field.label === 'repeated') return Array.from({ length }, () => randomValue(field.value, random, depth))
  if (field.label !== 'map') return randomValue(field.value, random, depth)
  const keys = Array.from({ length }, (_, index) => `${randomText(random)}${index}`)
  return Object.fromEntries(keys.map((key) => [key, randomValue(field.value, random, depth)]))
}

/** A valid message without empty lists; of a oneof at most one member is set. */
export function randomMessage(name: string, random: Random, depth = 0): WireObject {
  const result: WireObject = {}
  const taken = new Set<string>()
  for (const field of messageSchema(name).fields) {
    if (field.oneof !== undefined && taken.has(field.oneof)) continue
    const isFilled = depth < FILLED_DEPTH_MAX && random.integer(2 + depth) === 0
    if (field.label !== 'required' && !isFilled) continue
    result[field.name] = randomField(field, random, depth)
    if (field.oneof !== undefined) taken.add(field.oneof)
  }
  return result
}
