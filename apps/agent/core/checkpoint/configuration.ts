import { Resources } from '@thermosphere/offer-engine'
import { fromJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import type { AgentConfig } from '../state.ts'
import { storedWire } from './stored.ts'
import type { StoredEntries } from './stored.ts'

/** Why the agent must not start with this configuration under the id that it has; `undefined` when it may. */
export function configurationProblem(config: AgentConfig, entries: StoredEntries): string | undefined {
  const stored = entries.get('agent', 'agent')
  if (stored === undefined) return undefined
  const resources = stored.resources.map((value) =>
    storedWire('agent', () => fromJsonObject('mesos.v1.Resource', value)),
  )
  const attributes = stored.attributes.map((value) =>
    storedWire('agent', () => fromJsonObject('mesos.v1.Attribute', value)),
  )
  if (stored.hostname !== config.hostname) {
    return advice(`the hostname was ${stored.hostname} and is now ${config.hostname}`)
  }
  const before = Resources.fromWire(resources)
  const now = Resources.fromWire([...config.resources])
  const isAdditive = config.reconfigurationPolicy === 'additive'
  if (isAdditive ? !now.contains(before) : !now.equals(before)) {
    return advice(`the resources were ${before.toString()} and are now ${now.toString()}`)
  }
  if (!hasAttributes(config.attributes, attributes, { exactly: !isAdditive })) {
    return advice('the attributes have changed')
  }
  return undefined
}

function advice(change: string): string {
  return (
    `incompatible agent configuration: ${change}; restore it, allow more with --reconfiguration_policy=additive, ` +
    'or remove meta/slaves/latest below the work directory to join as a new agent'
  )
}

function hasAttributes(
  now: readonly mesos.Attribute[],
  before: readonly mesos.Attribute[],
  { exactly }: { readonly exactly: boolean },
): boolean {
  const texts = new Set(now.map((attribute) => JSON.stringify(attribute)))
  if (exactly && now.length !== before.length) return false
  return before.every((attribute) => texts.has(JSON.stringify(attribute)))
}
