import { formatRanges, fromMilli, Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'

/** Resources as the classic endpoints show them: numbers, and text for ranges and sets. */
export type ResourceObject = Record<string, number | string>

/** Revocable ones are under `<name>_revocable`. */
export function resourceObject(resources: Resources): ResourceObject {
  return {
    ...{ disk: 0, mem: 0, gpus: 0, cpus: 0 },
    ...amounts(resources.nonRevocable(), ''),
    ...amounts(resources.revocable(), '_revocable'),
  }
}

function amounts(resources: Resources, suffix: string): ResourceObject {
  const object: ResourceObject = {}
  for (const name of resources.names()) {
    const ranges = resources.ranges(name)
    const members = resources.members(name)
    if (ranges.length > 0) object[name + suffix] = formatRanges(ranges)
    else if (members.length > 0) object[name + suffix] = `{${members.join(', ')}}`
    else object[name + suffix] = fromMilli(resources.scalar(name))
  }
  return object
}

export function resourceObjectOf(wire: readonly mesos.Resource[]): ResourceObject {
  return resourceObject(Resources.fromWire(wire))
}
