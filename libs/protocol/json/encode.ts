/**
 * Wire object → JSON in Mesos' mapping: snake_case names in the order of the schema, enums as names, bytes as base64,
 * 64-bit integers as numbers, doubles always with a fraction or exponent, schema defaults written out, empty lists left
 * out. One encoder per message, built on first use from closures.
 */
import { messageSchema } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'
import { writtenWhenUnset } from './written-when-unset.ts'

type EncodeValue = (value: unknown) => string
type EncodeMessage = (value: WireObject) => string
type FieldEncoder = {
  readonly name: string
  readonly prefix: string
  readonly encode: EncodeValue
  /** Written when the field is unset. */
  readonly unset: string | undefined
}

const encoders = new Map<string, EncodeMessage>()

const plainText = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/

function encodeString(value: unknown): string {
  const text = String(value)
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text)
}

function encodeDouble(value: unknown): string {
  const text = String(value)
  if (Number.isSafeInteger(value)) return `${text}.0`
  if (text.includes('e')) return text.replace('e+', 'e')
  return Number.isInteger(value) ? `${text}.0` : text
}

function encodeBytes(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('bytes are a Uint8Array')
  return `"${value.toBase64()}"`
}

function scalarEncoder(field: Field): EncodeValue {
  if (field.value.kind === 'enum') return (value) => `"${String(value)}"`
  if (field.value.kind === 'message') return lazyEncoder(field.value.name)
  switch (field.value.scalar) {
    case 'string':
      return encodeString
    case 'bytes':
      return encodeBytes
    case 'double':
      return encodeDouble
    default:
      return String
  }
}

function lazyEncoder(name: string): EncodeValue {
  let encode: EncodeMessage | undefined
  return (value) => (encode ??= messageEncoder(name))(value as WireObject)
}

function listEncoder(encode: EncodeValue): EncodeValue {
  return (value) => {
    let text = ''
    for (const element of value as readonly unknown[]) text += text === '' ? encode(element) : `,${encode(element)}`
    return `[${text}]`
  }
}

function mapEncoder(encode: EncodeValue): EncodeValue {
  return (value) => {
    const entries = Object.entries(value as WireObject).filter(([, entry]) => entry !== undefined)
    return `{${entries.map(([key, entry]) => `${encodeString(key)}:${encode(entry)}`).join(',')}}`
  }
}

/** Empty lists and maps encode to '' and are left out. */
const exceptEmpty =
  (encode: EncodeValue): EncodeValue =>
  (value) => {
    const isEmpty = Array.isArray(value) ? value.length === 0 : Object.keys(value as WireObject).length === 0
    return isEmpty ? '' : encode(value)
  }

function fieldEncoder(field: Field, messageName: string): FieldEncoder {
  const { name, label } = field
  const encodeOne = scalarEncoder(field)
  const prefix = `"${name}":`
  const unsetValue = writtenWhenUnset(field, messageName)
  if (label === 'map') return { name, prefix, encode: exceptEmpty(mapEncoder(encodeOne)), unset: undefined }
  if (label === 'repeated') {
    const encode = listEncoder(encodeOne)
    if (unsetValue !== undefined) return { name, prefix, encode, unset: `${prefix}[]` }
    return { name, prefix, encode: exceptEmpty(encode), unset: undefined }
  }
  return {
    name,
    prefix,
    encode: encodeOne,
    unset: unsetValue === undefined ? undefined : prefix + encodeOne(unsetValue),
  }
}

function messageEncoder(name: string): EncodeMessage {
  const known = encoders.get(name)
  if (known !== undefined) return known
  const fields = messageSchema(name).fields.map((field) => fieldEncoder(field, name))

  const encode: EncodeMessage = (message) => {
    let text = ''
    for (const field of fields) {
      const value = message[field.name]
      if (value === undefined || value === null) {
        if (field.unset !== undefined) text += text === '' ? field.unset : `,${field.unset}`
        continue
      }
      const encoded = field.encode(value)
      if (encoded === '') continue
      text += text === '' ? field.prefix : `,${field.prefix}`
      text += encoded
    }
    return `{${text}}`
  }
  encoders.set(name, encode)
  return encode
}

export function encodeObject(name: string, value: WireObject): string {
  return messageEncoder(name)(value)
}
