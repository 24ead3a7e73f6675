import { messageSchema } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'
import { writtenWhenUnset } from './written-when-unset.ts'

const json: JSON & { readonly rawJSON?: (text: string) => unknown } = JSON

/** A number that JSON.stringify writes digit by digit, where the engine can do that. */
const exactNumber = (value: bigint): unknown => json.rawJSON?.(value.toString()) ?? Number(value)

function plainValue(field: Field, value: unknown): unknown {
  if (field.value.kind === 'message') return toPlainObject(field.value.name, value as WireObject)
  if (value instanceof Uint8Array) return value.toBase64()
  // JSON.stringify would write null, and a required limit that is Infinity would be missing when it is read again.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'bigint' ? exactNumber(value) : value
}

function plainField(field: Field, value: unknown, unset: unknown): unknown {
  if (value === undefined || value === null) return unset
  if (field.label === 'repeated') {
    const list = value as readonly unknown[]
    return list.length === 0 ? unset : list.map((element) => plainValue(field, element))
  }
  if (field.label !== 'map') return plainValue(field, value)
  const entries = Object.entries(value as WireObject).filter(([, entry]) => entry !== undefined)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([key, entry]) => [key, plainValue(field, entry)]))
}

/** The members that the JSON text of the message has, as values that JSON.stringify takes. */
export function toPlainObject(name: string, message: WireObject): WireObject {
  const result: WireObject = {}
  for (const field of messageSchema(name).fields) {
    const plain = plainField(field, message[field.name], writtenWhenUnset(field, name))
    if (plain !== undefined) result[field.name] = plain
  }
  return result
}
