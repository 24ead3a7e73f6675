/** The schema as the codecs see it: built on first use from the generated tables. */
import { enumValues, messageRows } from './wire/tables.gen.js'

type FieldLabel = 'required' | 'optional' | 'repeated' | 'map'

type FieldOptions = {
  readonly default?: string | number | boolean
  readonly deprecated?: boolean
  readonly oneof?: string
}

/** Name, number, label, type (a scalar's name, a full name, or `map<key,value>`), options. */
export type FieldRow = readonly [name: string, number: number, label: FieldLabel, type: string, options?: FieldOptions]

export type ScalarType = 'string' | 'bytes' | 'bool' | 'double' | 'int32' | 'uint32' | 'int64' | 'uint64'

export type EnumSchema = {
  readonly name: string
  readonly numbers: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<number, string>
}

export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'enum'; readonly enum: EnumSchema }
  | { readonly kind: 'message'; readonly name: string }

/** Of a map field `value` is the type of its values; its keys are strings in the whole schema. */
export type Field = FieldOptions & {
  readonly name: string
  readonly number: number
  readonly label: FieldLabel
  readonly value: ValueType
}

export type MessageSchema = { readonly name: string; readonly fields: readonly Field[] }

/** A wire object of any type. */
export type WireObject = Record<string, unknown>

const scalarTypes: readonly string[] = ['string', 'bytes', 'bool', 'double', 'int32', 'uint32', 'int64', 'uint64']
const isScalar = (type: string): type is ScalarType => scalarTypes.includes(type)

const enums = new Map<string, EnumSchema>()
const messages = new Map<string, MessageSchema>()

function enumSchema(name: string): EnumSchema | undefined {
  const known = enums.get(name)
  const values = enumValues[name]
  if (known !== undefined || values === undefined) return known
  const entries = Object.entries(values)
  const built = { name, numbers: new Map(entries), names: new Map(entries.map(([text, number]) => [number, text])) }
  enums.set(name, built)
  return built
}

function valueType(type: string): ValueType {
  if (isScalar(type)) return { kind: 'scalar', scalar: type }
  const found = enumSchema(type)
  return found === undefined ? { kind: 'message', name: type } : { kind: 'enum', enum: found }
}

function buildField([name, number, label, type, options]: FieldRow): Field {
  const value = label === 'map' ? type.slice('map<string,'.length, -1) : type
  return { name, number, label, value: valueType(value), ...options }
}

/** The schema of a message by its full name; an unknown name is a RangeError. */
export function messageSchema(name: string): MessageSchema {
  const known = messages.get(name)
  if (known !== undefined) return known
  const rows = messageRows[name]
  if (rows === undefined) throw new RangeError(`no message ${name} in the schema`)
  const built = { name, fields: rows.map(buildField) }
  messages.set(name, built)
  return built
}

/** Full names of all messages. */
export function messageNames(): string[] {
  return Object.keys(messageRows)
}

/** Contained messages may nest this deep (ContainerID.parent is the only unbounded one). */
export const MESSAGE_DEPTH_MAX = 100
