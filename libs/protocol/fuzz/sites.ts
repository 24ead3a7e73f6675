/** Every place of a message where something can be wrong. */
import type { Random } from '@thermosphere/effects'
import { messageSchema } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'
import { pick } from './random-message.ts'

/** A message to spoil. */
export type Input = { readonly name: string; readonly message: WireObject; readonly random: Random }

export type Site = { readonly parent: WireObject; readonly field: Field }

function submessages({ label }: Field, value: unknown): readonly unknown[] {
  if (label === 'repeated') return Array.isArray(value) ? value : []
  return label === 'map' ? Object.values(value as WireObject) : [value]
}

/** All set fields of a message and of those in it. */
function sitesOf(name: string, message: WireObject): Site[] {
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

/** One of the places that are wanted, if there is any. */
export function siteWhere({ name, message, random }: Input, isWanted: (site: Site) => boolean): Site | undefined {
  const sites = sitesOf(name, message).filter(isWanted)
  return sites.length === 0 ? undefined : pick(random, sites)
}
