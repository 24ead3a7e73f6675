import { messageSchema } from './schema.ts'
import type { Field, WireObject } from './schema.ts'

type Submessage = { readonly path: string; readonly value: unknown }

function submessages(field: Field, value: unknown, path: string): Submessage[] {
  if (field.label === 'repeated' && Array.isArray(value)) {
    return value.map((element, index) => ({ path: `${path}[${index}]`, value: element }))
  }
  if (field.label === 'map') {
    return Object.values(value as WireObject).map((entry, index) => ({ path: `${path}[${index}].value`, value: entry }))
  }
  return [{ path, value }]
}

/** Paths of unset required fields, own ones first, worded as protobuf does: `launch.task_infos[0].agent_id`. */
export function missingRequired(messageName: string, value: WireObject, prefix = ''): string[] {
  const { fields } = messageSchema(messageName)
  const missing = fields.filter((field) => field.label === 'required' && value[field.name] === undefined)
  const paths = missing.map((field) => prefix + field.name)
  for (const field of fields.toSorted((a, b) => a.number - b.number)) {
    const own = value[field.name]
    if (field.value.kind !== 'message' || own === undefined) continue
    for (const { path, value: inner } of submessages(field, own, prefix + field.name)) {
      // There may be more of them than a call takes arguments.
      for (const missed of missingRequired(field.value.name, inner as WireObject, `${path}.`)) paths.push(missed)
    }
  }
  return paths
}
