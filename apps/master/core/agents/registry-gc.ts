import type { Millis } from '@thermosphere/effects'
import type { StoreWrite } from '@thermosphere/effects'
import { armTimer, persistQuietly } from '../emit.ts'
import { forgetGone, forgetUnreachable } from '../registry.ts'
import type { AgentId, Master } from '../model.ts'

/** Forgets unreachable and gone agents that are too old or too many, each list for itself. */
export function collectRegistryGarbage(m: Master): void {
  armTimer(m, 'registry-gc', m.now + m.config.registryGcIntervalMs)
  const writes = [
    ...collect(m, m.unreachableAgents, (id) => forgetUnreachable(m, id)),
    ...collect(m, m.goneAgents, forgetGone),
  ]
  if (writes.length > 0) persistQuietly(m, writes)
}

function collect(
  m: Master,
  agents: Map<AgentId, { readonly at: Millis }>,
  forget: (id: AgentId) => StoreWrite[],
): StoreWrite[] {
  const oldest = [...agents].sort(([, a], [, b]) => a.at - b.at)
  const surplus = oldest.length - m.config.registryMaxAgentCount
  const dropped = oldest.filter(([, { at }], index) => index < surplus || m.now - at > m.config.registryMaxAgentAgeMs)
  for (const [id] of dropped) agents.delete(id)
  return dropped.flatMap(([id]) => forget(id))
}
