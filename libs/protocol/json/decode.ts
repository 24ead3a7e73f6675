/**
 * Parsed JSON → wire object. One decoder per message, built on first use from closures, so that it also runs where a
 * content security policy forbids generated code. Most input already has its final form: a decoder changes the object
 * in place when the caller owns it, and copies it otherwise.
 */
import { MESSAGE_DEPTH_MAX, messageSchema } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'
import { missingRequired } from '../required.ts'
import { WireError } from '../wire-error.ts'
import { convertEnum, convertScalar, unexpected } from './scalars.ts'

/** What one decoding shares between its messages. */
type Context = { readonly owned: boolean; missing: boolean; depth: number }

type DecodeValue = (input: unknown, context: Context) => unknown
type DecodeMessage = (input: WireObject, context: Context) => WireObject
type FieldDecoder = { readonly decode: DecodeValue; readonly required: boolean; readonly rivals: readonly string[] }

const decoders = new Map<string, DecodeMessage>()

const isObject = (input: unknown): input is WireObject =>
  typeof input === 'object' && input !== null && !Array.isArray(input)

function lazyDecoder(name: string): DecodeMessage {
  let decode: DecodeMessage | undefined
  return (input, context) => (decode ??= messageDecoder(name))(input, context)
}

function valueDecoder(field: Field): DecodeValue {
  const { value, name } = field
  if (value.kind === 'message') {
    const decode = lazyDecoder(value.name)
    return (input, context) => {
      if (!isObject(input)) throw unexpected(input, name)
      return decode(input, context)
    }
  }
  const convert =
    value.kind === 'enum' ? convertEnum(value.enum, field.label === 'required') : convertScalar[value.scalar]
  return (input) => convert(input, name)
}

/** Mesos takes a lone value for a list of one; nulls and unknown enum names are left out. */
function repeatedDecoder(decode: DecodeValue): DecodeValue {
  return (input, context) => {
    if (!Array.isArray(input)) {
      const single = decode(input, context)
      return single === undefined ? undefined : [single]
    }
    const result: unknown[] = []
    for (const element of input) {
      const value = element === null ? undefined : decode(element, context)
      if (value !== undefined) result.push(value)
    }
    return result
  }
}

function mapDecoder(name: string, decode: DecodeValue): DecodeValue {
  return (input, context) => {
    if (!isObject(input)) throw unexpected(input, name)
    const entries = Object.entries(input).filter(([, value]) => value !== null)
    return Object.fromEntries(entries.map(([key, value]) => [key, decode(value, context)]))
  }
}

function fieldDecoder(field: Field, all: readonly Field[]): FieldDecoder {
  const decodeOne = valueDecoder(field)
  const rivals = all.filter((other) => field.oneof !== undefined && other.oneof === field.oneof && other !== field)
  const shared = { required: field.label === 'required', rivals: rivals.map((rival) => rival.name) }
  switch (field.label) {
    case 'repeated':
      return { ...shared, decode: repeatedDecoder(decodeOne) }
    case 'map':
      return { ...shared, decode: mapDecoder(field.name, decodeOne) }
    default:
      return { ...shared, decode: decodeOne }
  }
}

/** Copies the own members of `input` that have a value under a known name. */
function withoutUnset(input: WireObject, fields: ReadonlyMap<string, FieldDecoder>): WireObject {
  const result: WireObject = {}
  for (const name of fields.keys()) {
    if (!Object.hasOwn(input, name)) continue
    const value = input[name]
    if (value !== undefined && value !== null) result[name] = value
  }
  return result
}

function messageDecoder(name: string): DecodeMessage {
  const known = decoders.get(name)
  if (known !== undefined) return known
  const schema = messageSchema(name)
  const fields = new Map(schema.fields.map((field) => [field.name, fieldDecoder(field, schema.fields)]))
  const requiredCount = schema.fields.filter((field) => field.label === 'required').length

  const decode: DecodeMessage = (input, context) => {
    const result = context.owned ? input : { ...input }
    let requiredSeen = 0
    let hasUnset = false
    context.depth += 1
    if (context.depth > MESSAGE_DEPTH_MAX) throw new WireError('convert', 'Messages are nested too deeply')
    for (const key in result) {
      const field = fields.get(key)
      const before = result[key]
      if (field === undefined || before === null || before === undefined) {
        hasUnset = true
        continue
      }
      const after = field.decode(before, context)
      if (after !== before) result[key] = after
      if (after === undefined) hasUnset = true
      else if (field.required) requiredSeen += 1
      for (const rival of field.rivals) hasUnset = dropRival(result, { rival, key, input }) || hasUnset
    }
    context.depth -= 1
    if (requiredSeen < requiredCount) context.missing = true
    return hasUnset ? withoutUnset(result, fields) : result
  }
  decoders.set(name, decode)
  return decode
}

/** Of the members of a oneof the last one given stays. */
function dropRival(
  result: WireObject,
  { rival, key, input }: { readonly rival: string; readonly key: string; readonly input: WireObject },
): boolean {
  if (!Object.hasOwn(result, rival) || result[rival] === null) return false
  const keys = Object.keys(input)
  if (keys.indexOf(rival) > keys.indexOf(key)) return false
  result[rival] = undefined
  return true
}

/** Throws WireError with stage `convert`. `owned` allows to change `input` in place. */
export function decodeObject(name: string, input: unknown, { owned }: { readonly owned: boolean }): WireObject {
  if (!isObject(input)) throw new WireError('convert', 'Expecting a JSON object')
  const context = { owned, missing: false, depth: 0 }
  const result = messageDecoder(name)(input, context)
  if (context.missing) {
    throw new WireError('convert', `Missing required fields: ${missingRequired(name, result).join(', ')}`)
  }
  return result
}
