import type { mesos } from '@thermosphere/protocol'
import { OfferPool } from './offer-pool.ts'
import type { Demand, Match, MatchContext, MatchResult, Refusal } from './types.ts'

/**
 * Whether one instance fits the offer, and with which resources and host ports.
 * To match several demands against one offer use an OfferPool.
 *
 * @example
 * const demand = { role: '*', cpus: 0.5, mem: 64, hostPorts: [0] }
 * const result = matchOffer(offer, demand, { random: createRandom(1) })
 * if (result.kind === 'refused') console.log(result.reasons[0]?.reason) // InsufficientCpus
 */
export function matchOffer(offer: mesos.Offer, demand: Demand, context: MatchContext): MatchResult {
  return new OfferPool(offer).match(demand, context)
}

/** What packOffer took out of an offer. */
export interface Packing {
  readonly matches: readonly Match[]
  /** Why no further instance fitted; empty when the maximum was reached. */
  readonly reasons: readonly Refusal[]
}

/** As many instances as fit, at most `max`. Each counts as placed for the constraints of the next. */
export function packOffer(
  offer: mesos.Offer | OfferPool,
  demand: Demand,
  { max, ...context }: MatchContext & { readonly max: number },
): Packing {
  const pool = offer instanceof OfferPool ? offer : new OfferPool(offer)
  const matches: Match[] = []
  const placed = [...(context.placed ?? [])]
  while (matches.length < max) {
    const result = pool.match(demand, { ...context, placed })
    if (result.kind === 'refused') return { matches, reasons: result.reasons }
    matches.push(result)
    placed.push(pool.placement)
  }
  return { matches, reasons: [] }
}
