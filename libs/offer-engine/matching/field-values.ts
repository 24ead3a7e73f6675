import type { mesos } from '@thermosphere/protocol'
import { rangePairs } from '../resources/index.ts'
import { rangesFromWire } from '../resources/index.ts'
import type { Placement } from './types.ts'

/** The text that constraints compare; undefined when the agent has no such field. */
export function fieldValue(field: string, place: Placement): string | undefined {
  switch (field) {
    case 'hostname':
    case '@hostname':
      return place.hostname
    case '@region':
      return place.region
    case '@zone':
      return place.zone
    default: {
      const attribute = place.attributes?.find(({ name }) => name === field)
      return attribute && attributeText(attribute)
    }
  }
}

/** Text as it is, scalars with at most three decimals, `[1-2,5-6]`, `{a,b}`. */
export function attributeText(attribute: mesos.Attribute): string {
  switch (attribute.type) {
    case 'SCALAR':
      return scalarText(attribute.scalar?.value ?? 0)
    case 'RANGES':
      return `[${rangePairs(rangesFromWire(attribute.ranges))
        .map(([begin, end]) => `${begin}-${end}`)
        .join(',')}]`
    case 'SET':
      return `{${[...(attribute.set?.item ?? [])].sort().join(',')}}`
    default:
      return attribute.text?.value ?? ''
  }
}

/** `0.###`, ties to the even digit. */
export function scalarText(value: number): string {
  const scaled = value * 1000
  const floor = Math.floor(scaled)
  const isTie = scaled - floor === 0.5
  const rounded = isTie ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(scaled)
  return String(rounded / 1000)
}

/** The agent of an offer as the place of an instance. */
export function offerPlacement(offer: mesos.Offer): Placement {
  return {
    hostname: offer.hostname,
    attributes: offer.attributes,
    region: offer.domain?.fault_domain?.region.name,
    zone: offer.domain?.fault_domain?.zone.name,
  }
}
