import type { Millis } from '@thermosphere/effects'
import type { StoreWrite } from '@thermosphere/effects'
import { armTimer, persistQuietly } from '../emit.ts'
import { forgetGone, forgetUnreachable } from '../registry.ts'
import type { Rest } from '../steps/rest.ts'
import type { AgentId, Master } from '../model.ts'

/** Forgets unreachable and gone agents that are too old or too many, each list for itself. */
export function* collectRegistryGarbage(m: Master): Rest {
  armTimer(m, 'registry-gc', m.now + m.config.registryGcIntervalMs)
  yield* collect(m, m.unreachableAgents, (id) => forgetUnreachable(m, id))
  yield* collect(m, m.goneAgents, forgetGone)
}

function* collect(
  m: Master,
  agents: Map<AgentId, { readonly at: Millis }>,
  forget: (id: AgentId) => StoreWrite[],
): Rest {
  const oldest = [...agents].sort(([, a], [, b]) => a.at - b.at)
  const surplus = oldest.length - m.config.registryMaxAgentCount
  for (const [index, [id, { at }]] of oldest.entries()) {
    if (index >= surplus && m.now - at <= m.config.registryMaxAgentAgeMs) return
    agents.delete(id)
    persistQuietly(m, forget(id))
    yield
  }
}
