/** Why offers were not used: kept for each app that waits, told by `/v2/queue`. */
import { refusalReasons } from '@thermosphere/offer-engine'
import type { Refusal } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { unusedOffersKeptMax } from '../limits.ts'
import type { MarathonState, OfferStats, StepContext } from '../state/index.ts'

function statsOf(state: MarathonState, appId: string): OfferStats {
  const known = state.offerStats.get(appId)
  if (known !== undefined) return known
  const stats: OfferStats = { processedCount: 0, unusedCount: 0, attempt: new Map(), last: new Map() }
  state.offerStats.set(appId, stats)
  return stats
}

export function noteUsed(ctx: StepContext, appId: string): void {
  const stats = statsOf(ctx.state, appId)
  stats.processedCount++
  stats.lastUsedAt = ctx.now
}

export function noteUnused(
  ctx: StepContext,
  appId: string,
  { offer, refusals }: { readonly offer: mesos.Offer; readonly refusals: readonly Refusal[] },
): void {
  const stats = statsOf(ctx.state, appId)
  const first = refusalReasons.find((reason) => refusals.some((refusal) => refusal.reason === reason))
  stats.processedCount++
  stats.unusedCount++
  stats.lastUnusedAt = ctx.now
  if (first !== undefined) stats.attempt.set(first, (stats.attempt.get(first) ?? 0) + 1)
  // Re-inserted so that the oldest agent is the one that is dropped.
  stats.last.delete(offer.agent_id.value)
  stats.last.set(offer.agent_id.value, { offer, refusals, at: ctx.now })
  for (const agentId of stats.last.keys()) {
    if (stats.last.size <= unusedOffersKeptMax) break
    stats.last.delete(agentId)
  }
}
