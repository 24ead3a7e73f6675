/** An encoder of proto2 of its own that also writes what must not be: it is given one place and what to do there. */
import { messageSchema } from '../schema.ts'
import type { Field, ValueType, WireObject } from '../schema.ts'

export type Bytes = readonly number[]

/** Writes a field in another way; undefined writes it as it should be. */
export type Twist = (field: Field, parent: WireObject, rightly: () => Bytes) => Bytes | undefined

const utf8 = new TextEncoder()
export const varintType = 0
export const fixed64Type = 1
export const lengthType = 2

export function varint(value: bigint | number): Bytes {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

export const tag = (number: number, wireType: number): Bytes => varint((BigInt(number) << 3n) | BigInt(wireType))

function double(value: number): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return [...bytes]
}

const delimited = (bytes: ArrayLike<number>): Bytes => [...varint(bytes.length), ...Array.from(bytes)]

/** Strings hold any bytes here: invalid UTF-8 comes as a Uint8Array. */
function encodeValue(type: ValueType, value: unknown, twist: Twist): { wireType: number; bytes: Bytes } {
  if (type.kind === 'message') {
    return { wireType: lengthType, bytes: delimited(encodeLoosely(type.name, value as WireObject, twist)) }
  }
  if (value instanceof Uint8Array) return { wireType: lengthType, bytes: delimited(value) }
  if (type.kind === 'enum') {
    const number = typeof value === 'number' ? value : (type.enum.numbers.get(String(value)) ?? 0)
    return { wireType: varintType, bytes: varint(number) }
  }
  if (type.scalar === 'double') return { wireType: fixed64Type, bytes: double(Number(value)) }
  if (typeof value === 'string') return { wireType: lengthType, bytes: delimited(utf8.encode(value)) }
  return { wireType: varintType, bytes: varint(typeof value === 'bigint' ? value : Number(value)) }
}

function encodeOne(field: Field, value: unknown, twist: Twist): Bytes {
  const { wireType, bytes } = encodeValue(field.value, value, twist)
  return [...tag(field.number, wireType), ...bytes]
}

function encodeEntry(field: Field, [key, value]: readonly [string, unknown], twist: Twist): Bytes {
  const entry = [
    ...tag(1, lengthType),
    ...delimited(utf8.encode(key)),
    ...encodeOne({ ...field, number: 2 }, value, twist),
  ]
  return [...tag(field.number, lengthType), ...delimited(entry)]
}

function encodeField(field: Field, value: unknown, twist: Twist): Bytes {
  if (field.label === 'repeated') return (value as readonly unknown[]).flatMap((one) => encodeOne(field, one, twist))
  if (field.label !== 'map') return encodeOne(field, value, twist)
  return Object.entries(value as WireObject).flatMap((entry) => encodeEntry(field, entry, twist))
}

export function encodeLoosely(name: string, message: WireObject, twist: Twist): Bytes {
  return messageSchema(name).fields.flatMap((field) => {
    const value = message[field.name]
    if (value === undefined) return []
    const rightly = (): Bytes => encodeField(field, value, twist)
    return twist(field, message, rightly) ?? rightly()
  })
}
