import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import fc from 'fast-check'
import { decodeObject } from './json/decode.ts'
import { encodeObject } from './json/encode.ts'
import { parseJson } from './json/parse.ts'
import { toPlainObject } from './json/plain-object.ts'
import { decodeMessage, encodeMessage } from './protobuf/compile.ts'
import { loadSchema } from './generate.ts'
import { messageNames, messageSchema } from './schema.ts'
import type { Field, WireObject } from './schema.ts'
import { randomMessage } from './fuzz/random-message.ts'
import { WireError } from './wire-error.ts'

const RUNS_PER_MESSAGE = 8
const root = loadSchema()

/** The obvious twin of the encoder's rule: defaults of unset optional fields, at every depth. */
function withDefaults(name: string, message: WireObject): WireObject {
  const result = mapMessages(name, message, { onMessage: withDefaults })
  for (const field of name.startsWith('mesos.v1.') ? messageSchema(name).fields : []) {
    const isListed = /\.Response\.Get(?:Agents|Executors|Frameworks|Tasks)$/.test(name) && field.label === 'repeated'
    if (isListed && field.deprecated !== true) result[field.name] ??= []
  }
  for (const field of messageSchema(name).fields) {
    const isWritten = field.label === 'optional' && field.default !== undefined && field.deprecated !== true
    if (isWritten && result[field.name] === undefined) result[field.name] = field.default
  }
  return result
}

type MapMessage = (name: string, message: WireObject) => unknown
type MapScalar = (value: unknown, field: Field) => unknown
type Mapping = { readonly onMessage: MapMessage; readonly onScalar?: MapScalar }

function mapMessages(name: string, message: WireObject, { onMessage, onScalar }: Mapping): WireObject {
  const one = (field: Field, value: unknown): unknown => {
    if (field.value.kind === 'message') return onMessage(field.value.name, value as WireObject)
    return onScalar === undefined ? value : onScalar(value, field)
  }
  const result: WireObject = {}
  for (const field of messageSchema(name).fields) {
    const value = message[field.name]
    if (value === undefined) continue
    if (Array.isArray(value)) result[field.name] = value.map((element) => one(field, element))
    else if (field.label === 'map') {
      const entries = Object.entries(value as WireObject)
      result[field.name] = Object.fromEntries(entries.map(([key, entry]) => [key, one(field, entry)]))
    } else result[field.name] = one(field, value)
  }
  return result
}

/** protobufjs hands 64-bit integers over as text and bytes as buffers. */
const foreignScalar: MapScalar = (value, field) => {
  if (value instanceof Uint8Array) return Array.from(value)
  const is64 = field.value.kind === 'scalar' && field.value.scalar.endsWith('64')
  return is64 ? String(value) : value
}
const toForeign: MapMessage = (name, message) =>
  mapMessages(name, message, { onMessage: toForeign, onScalar: foreignScalar })

function eachMessage(check: (name: string, message: WireObject) => void): void {
  for (const name of messageNames()) {
    const property = fc.property(fc.nat(), (seed) => check(name, randomMessage(name, createRandom(seed))))
    fc.assert(property, { numRuns: RUNS_PER_MESSAGE })
  }
}

suite('every message of the schema', () => {
  test('survives JSON, with the defaults of the schema filled in', () => {
    eachMessage((name, message) => {
      const decoded = decodeObject(name, parseJson(encodeObject(name, message)), { owned: true })
      assert.deepEqual(decoded, withDefaults(name, message))
    })
  })

  test('survives protobuf unchanged', () => {
    eachMessage((name, message) => {
      assert.deepEqual(decodeMessage(name, encodeMessage(name, message)), message)
    })
  })

  test('is read by protobufjs as it was written by us', () => {
    eachMessage((name, message) => {
      const type = root.lookupType(name)
      const decoded = type.decode(encodeMessage(name, message))
      const read = type.toObject(decoded, { enums: String, longs: String, bytes: Array })
      assert.deepEqual(read, toForeign(name, message))
    })
  })

  test('is read by us as it was written by protobufjs', () => {
    eachMessage((name, message) => {
      const type = root.lookupType(name)
      const bytes = type.encode(type.fromObject(toForeign(name, message) as WireObject)).finish()
      assert.deepEqual(decodeMessage(name, bytes), message)
    })
  })

  test('is the same as JSON text and as a plain object', () => {
    eachMessage((name, message) => {
      const text = JSON.stringify(toPlainObject(name, message))
      const finite = encodeObject(name, message).replaceAll(
        /("(?:[^"\\]|\\.)*")|-?Infinity|NaN/g,
        (bare, quoted) => quoted ?? `"${bare}"`,
      )
      assert.deepEqual(JSON.parse(text), JSON.parse(finite))
    })
  })

  test('is copied, not changed, when the caller keeps its JSON', () => {
    eachMessage((name, message) => {
      const input = parseJson(encodeObject(name, message))
      const before = structuredClone(input)
      decodeObject(name, input, { owned: false })
      assert.deepEqual(input, before)
    })
  })
})

suite('decoders of hostile input', () => {
  test('end with a message or a WireError for any bytes', () => {
    const property = fc.property(
      fc.constantFrom(...messageNames()),
      fc.uint8Array({ maxLength: 64 }),
      (name, bytes) => {
        assertDecodesOrRefuses(() => decodeMessage(name, bytes))
      },
    )
    fc.assert(property, { numRuns: 2000 })
  })

  test('end with a message or a WireError for any JSON', () => {
    const property = fc.property(fc.constantFrom(...messageNames()), fc.jsonValue(), fc.nat(), (name, value, pick) => {
      const { fields } = messageSchema(name)
      const field = fields[pick % Math.max(fields.length, 1)]?.name ?? 'none'
      assertDecodesOrRefuses(() => decodeObject(name, { [field]: value }, { owned: true }))
    })
    fc.assert(property, { numRuns: 2000 })
  })
})

function assertDecodesOrRefuses(decode: () => unknown): void {
  try {
    assert.equal(typeof decode(), 'object')
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.ok(error instanceof WireError, String(error.stack))
  }
}
