import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { AgentState } from '../state.ts'
import type { Turn } from '../turn.ts'
import { allocatedResources } from '../views/allocated.ts'

const TIMER = 'oversubscribed'

/**
 * Revocable resources: a fixed amount, of which what is in use is no longer free. The master is told of it after each
 * (re)registration, and when it is asked for again and has changed.
 */
export function tellOversubscribed(turn: Turn, { anyway }: { readonly anyway: boolean }): void {
  const { config, link } = turn.state
  if (config.oversubscription === undefined || link.type !== 'registered') return
  turn.timer(TIMER, turn.now + config.oversubscription.intervalMs)
  const estimate = estimateOf(turn.state, config.oversubscription.resources)
  if (!anyway && turn.state.oversubscribed?.equals(estimate) === true) return
  turn.state.oversubscribed = estimate
  turn.soon({
    type: 'send',
    message: { type: 'UPDATE_AGENT', update_agent: { oversubscribed: { resources: estimate.toWire() } } },
  })
}

export function stopEstimates(turn: Turn): void {
  if (turn.state.config.oversubscription !== undefined) turn.timer(TIMER, undefined)
}

/** What is in use stays revocable, even if it is more than there is by now. */
function estimateOf(state: AgentState, resources: readonly mesos.Resource[]): Resources {
  const inUse = allocatedResources(state).revocable().unallocated()
  return inUse.add(Resources.fromWire([...resources]).subtract(inUse))
}
