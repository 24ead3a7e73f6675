/** Every place of a message where something can be wrong. */
import { messageSchema } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'

export type Site = { readonly parent: WireObject; readonly field: Field }

function submessages({ label }: Field, value: unknown): readonly unknown[] {
  if (label === 'repeated') return Array.isArray(value) ? value : []
  return label === 'map' ? Object.values(value as WireObject) : [value]
}

/** All set fields of a message and of those in it. */
export function sitesOf(name: string, message: WireObject): Site[] {
  const sites: Site[] = []
  for (const field of messageSchema(name).fields) {
    const value = message[field.name]
    if (value === undefined) continue
    sites.push({ parent: message, field })
    if (field.value.kind !== 'message') continue
    for (const inner of submessages(field, value)) sites.push(...sitesOf(field.value.name, inner as WireObject))
  }
  return sites
}
