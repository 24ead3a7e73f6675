/**
 * Compiles an encoder and a decoder per message, on first use, into JavaScript source: with the field names spelled out
 * the engine gives every message its own shape, which makes them several times faster than closures over the schema.
 */
import { messageSchema } from '../schema.ts'
import type { EnumSchema, Field, ValueType, WireObject } from '../schema.ts'
import { missingRequired } from '../required.ts'
import { WireError } from '../wire-error.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

type EncodeMessage = (message: WireObject, writer: Writer) => void
type DecodeMessage = (reader: Reader, end: number, message: WireObject) => WireObject
/** Replaces its own members by the compiled ones on first use. */
type MessageCodec = { encode: EncodeMessage; decode: DecodeMessage }

/** Things that generated source refers to as `refs[i]`. */
type Refs = (MessageCodec | EnumSchema)[]

const LENGTH_DELIMITED = 2
const wireTypes = { string: 2, bytes: 2, bool: 0, double: 1, int32: 0, uint32: 0, int64: 0, uint64: 0 } as const

const codecs = new Map<string, MessageCodec>()

function wireType(value: ValueType): number {
  if (value.kind === 'scalar') return wireTypes[value.scalar]
  return value.kind === 'enum' ? 0 : LENGTH_DELIMITED
}

const tagOf = (number: number, type: number): number => ((number << 3) | type) >>> 0

function codecOf(name: string): MessageCodec {
  const known = codecs.get(name)
  if (known !== undefined) return known
  const codec: MessageCodec = {
    encode(message, writer) {
      codec.encode = compileEncoder(name)
      codec.encode(message, writer)
    },
    decode(reader, end, message) {
      codec.decode = compileDecoder(name)
      return codec.decode(reader, end, message)
    },
  }
  codecs.set(name, codec)
  return codec
}

function reference(value: Exclude<ValueType, { kind: 'scalar' }>, refs: Refs): string {
  refs.push(value.kind === 'enum' ? value.enum : codecOf(value.name))
  return `refs[${refs.length - 1}]`
}

/** Source that writes `expression` and before it (the writer goes backwards) its tag. */
function writeValue(
  value: ValueType,
  number: number,
  { expression, refs }: { expression: string; refs: Refs },
): string {
  const tag = `writer.uint32(${tagOf(number, wireType(value))})`
  if (value.kind === 'scalar') return `writer.${value.scalar}(${expression}); ${tag};`
  if (value.kind === 'enum') return `writer.enum(${reference(value, refs)}, ${expression}); ${tag};`
  const codec = reference(value, refs)
  const write = `before = writer.size(); ${codec}.encode(${expression}, writer)`
  return `${write}; writer.uint32(writer.size() - before); ${tag};`
}

function writeMap(field: Field, refs: Refs): string {
  const write = writeValue(field.value, 2, { expression: 'value[key]', refs })
  return `for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue
    const entry = writer.size()
    ${write}
    writer.string(key); writer.uint32(10)
    writer.uint32(writer.size() - entry); writer.uint32(${tagOf(field.number, LENGTH_DELIMITED)})
  }`
}

function writeField(field: Field, refs: Refs): string {
  const write = (expression: string) => writeValue(field.value, field.number, { expression, refs })
  if (field.label === 'map') return writeMap(field, refs)
  if (field.label === 'repeated') return `for (let i = value.length - 1; i >= 0; i -= 1) { ${write('value[i]')} }`
  return write('value')
}

function compile(parameters: readonly string[], body: string, refs: Refs): unknown {
  return new Function('refs', `'use strict'; return (${parameters.join(', ')}) => {\n${body}\n}`)(refs)
}

function compileEncoder(name: string): EncodeMessage {
  const refs: Refs = []
  const fields = messageSchema(name).fields.toSorted((a, b) => b.number - a.number)
  const lines = fields.map((field) => {
    const otherwise = field.label === 'required' ? ' else writer.missing = true' : ''
    return `value = message.${field.name}\nif (value != null) { ${writeField(field, refs)} }${otherwise}`
  })
  return compile(['message', 'writer'], `let value, before\n${lines.join('\n')}`, refs) as EncodeMessage
}

function readScalar(value: ValueType, refs: Refs): string {
  if (value.kind === 'scalar') return `reader.${value.scalar}()`
  return value.kind === 'enum' ? `reader.enum(${reference(value, refs)})` : ''
}

function readMessage(value: ValueType & { kind: 'message' }, refs: Refs, into: string): string {
  return `${reference(value, refs)}.decode(reader, reader.end(end), ${into})`
}

function readSingular(field: Field, refs: Refs, rivals: readonly string[]): string {
  const target = `message.${field.name}`
  const clear = rivals.map((rival) => `if (message.${rival} !== undefined) delete message.${rival};`).join(' ')
  if (field.value.kind === 'message')
    return `${target} = ${readMessage(field.value, refs, `${target} ?? {}`)}; ${clear}`
  const read = readScalar(field.value, refs)
  if (field.value.kind !== 'enum') return `${target} = ${read}; ${clear}`
  return `{ const value = ${read}; if (value !== undefined) { ${target} = value; ${clear} } }`
}

function readElement(field: Field, refs: Refs): string {
  const list = `(message.${field.name} ??= [])`
  if (field.value.kind === 'message') return `${list}.push(${readMessage(field.value, refs, '{}')});`
  const read = readScalar(field.value, refs)
  if (field.value.kind !== 'enum') return `${list}.push(${read});`
  return `{ const value = ${read}; if (value !== undefined) ${list}.push(value); }`
}

function readMap(field: Field, refs: Refs): string {
  const { value } = field
  const empty =
    value.kind === 'message' ? '{}' : value.kind === 'scalar' && value.scalar === 'string' ? "''" : 'undefined'
  const read =
    value.kind === 'message' ? readMessage(value, refs, '{}').replace('end(end)', 'end(last)') : readScalar(value, refs)
  return `{
    const last = reader.end(end)
    let key = '', value = ${empty}
    while (reader.pos < last) {
      const tag = reader.uint32()
      if (tag === 10) key = reader.string()
      else if (tag === ${tagOf(2, wireType(value))}) value = ${read}
      else reader.skip(tag)
    }
    const entry = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(message.${field.name} ??= {}, key, entry)
  }`
}

function readCases(field: Field, all: readonly Field[], refs: Refs): string {
  const type = wireType(field.value)
  const label = `case ${tagOf(field.number, type)}:`
  if (field.label === 'map') return `${label} ${readMap(field, refs)} break`
  if (field.label === 'repeated') {
    const element = readElement(field, refs)
    const unpacked = `${label} ${element} break`
    if (type === LENGTH_DELIMITED) return unpacked
    const packed = `{ const last = reader.end(end); while (reader.pos < last) { ${element} } }`
    return `${unpacked}\ncase ${tagOf(field.number, LENGTH_DELIMITED)}: ${packed} break`
  }
  const rivals = all.filter((other) => field.oneof !== undefined && other.oneof === field.oneof && other !== field)
  const read = readSingular(
    field,
    refs,
    rivals.map((rival) => rival.name),
  )
  return `${label} ${read} break`
}

function compileDecoder(name: string): DecodeMessage {
  const refs: Refs = []
  const { fields } = messageSchema(name)
  const cases = fields.map((field) => readCases(field, fields, refs))
  const required = fields.filter((field) => field.label === 'required')
  const unset = required.map((field) => `message.${field.name} === undefined`).join(' || ')
  const body = `reader.enter()
while (reader.pos < end) {
  const tag = reader.uint32()
  switch (tag) {
    ${cases.join('\n    ')}
    default: reader.skip(tag)
  }
}
reader.leave(end)
${unset === '' ? '' : `if (${unset}) reader.missing = true`}
return message`
  return compile(['reader', 'end', 'message'], body, refs) as DecodeMessage
}

function notInitialized(name: string, message: WireObject): WireError {
  return new WireError('protobuf', `Not initialized: ${missingRequired(name, message).join(', ')}`)
}

const sharedWriter = new Writer()

export const encodeMessage = (name: string, message: WireObject): Uint8Array => borrowMessage(name, message).slice()

/** The bytes are the writer's, who uses them again for the next message. */
export function borrowMessage(name: string, message: WireObject): Uint8Array {
  try {
    codecOf(name).encode(message, sharedWriter)
    if (sharedWriter.missing) throw notInitialized(name, message)
    return sharedWriter.written()
  } finally {
    sharedWriter.reset()
  }
}

export function decodeMessage(name: string, bytes: Uint8Array): WireObject {
  const reader = new Reader(bytes)
  const message = codecOf(name).decode(reader, bytes.length, {})
  if (reader.missing) throw notInitialized(name, message)
  return message
}
