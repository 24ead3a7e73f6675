/** Scalars of JSON input → wire values, as leniently as Mesos takes them. `undefined` leaves the field unset. */
import type { EnumSchema, ScalarType } from '../schema.ts'
import { WireError } from '../wire-error.ts'

export type ConvertScalar = (input: unknown, fieldName: string) => unknown

const jsonNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const integerText = /^-?\d+$/
const unlimited: ReadonlyMap<string, number> = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['NaN', NaN],
])

/** `an array`, `a string`… as the error messages name it. */
function jsonTypeName(input: unknown): string {
  if (Array.isArray(input)) return 'array'
  if (typeof input === 'bigint') return 'number'
  return typeof input
}

export function unexpected(input: unknown, fieldName: string): WireError {
  return new WireError('convert', `Not expecting a JSON ${jsonTypeName(input)} for field '${fieldName}'`)
}

function parseNumber(text: string, fieldName: string): number | bigint {
  const special = unlimited.get(text)
  if (special !== undefined) return special
  const trimmed = text.trim()
  if (!jsonNumber.test(trimmed)) {
    const message = `Failed to parse '${text}' as a JSON number for field '${fieldName}'`
    throw new WireError('convert', `${message}: syntax error at line 1 near: ${text}`)
  }
  const value = Number(trimmed)
  return integerText.test(trimmed) && !Number.isSafeInteger(value) ? BigInt(trimmed) : value
}

function toNumber(input: unknown, fieldName: string): number | bigint {
  if (typeof input === 'number' || typeof input === 'bigint') return input
  if (typeof input === 'string') return parseNumber(input, fieldName)
  throw unexpected(input, fieldName)
}

function toString(input: unknown, fieldName: string): string {
  if (typeof input !== 'string') throw unexpected(input, fieldName)
  return input
}

function toBoolean(input: unknown, fieldName: string): boolean {
  if (typeof input === 'boolean') return input
  if (typeof input !== 'string') throw unexpected(input, fieldName)
  if (input === 'true') return true
  if (input === 'false') return false
  const message = `Failed to parse '${input}' as a JSON boolean for field '${fieldName}'`
  throw new WireError('convert', `${message}: syntax error at line 1 near: ${input}`)
}

function toBytes(input: unknown, fieldName: string): Uint8Array {
  if (input instanceof Uint8Array) return input
  if (typeof input !== 'string') throw unexpected(input, fieldName)
  try {
    return Uint8Array.fromBase64(input)
  } catch {
    const invalid = /[^A-Za-z0-9+/=\s]/.exec(input)?.[0]
    const reason = invalid === undefined ? 'Invalid length' : `Invalid character '${invalid}'`
    throw new WireError('convert', `Failed to base64 decode bytes field '${fieldName}': ${reason}`)
  }
}

const toDouble: ConvertScalar = (input, fieldName) => Number(toNumber(input, fieldName))

/** Fractions are cut off and what does not fit wraps around, as a C cast does. */
function toInt32(input: unknown, fieldName: string): number {
  const value = toNumber(input, fieldName)
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0
}

const toUint32: ConvertScalar = (input, fieldName) => toInt32(input, fieldName) >>> 0

/** A bigint only where a number would not be exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function to64(wrap: (bits: number, value: bigint) => bigint, min: number): ConvertScalar {
  return (input, fieldName) => {
    const value = toNumber(input, fieldName)
    if (typeof value === 'bigint') return narrow(wrap(64, value))
    const whole = Math.trunc(value) + 0
    if (Number.isSafeInteger(whole) && whole >= min) return whole
    return Number.isFinite(whole) ? narrow(wrap(64, BigInt(whole))) : 0
  }
}

export const convertScalar: Readonly<Record<ScalarType, ConvertScalar>> = {
  string: toString,
  bytes: toBytes,
  bool: toBoolean,
  double: toDouble,
  int32: toInt32,
  uint32: toUint32,
  int64: to64(BigInt.asIntN, -Infinity),
  uint64: to64(BigInt.asUintN, 0),
}

/** An unknown name leaves an optional field unset, as a value of a newer release does. */
export function convertEnum(schema: EnumSchema, required: boolean): ConvertScalar {
  return (input, fieldName) => {
    if (typeof input !== 'string') throw unexpected(input, fieldName)
    if (schema.numbers.has(input)) return input
    if (required) throw new WireError('convert', `Failed to find enum for '${input}'`)
    return undefined
  }
}
