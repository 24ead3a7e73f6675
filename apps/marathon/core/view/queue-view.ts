/** What waits for offers, and why the offers so far were not used. */
import { refusalReasons } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { encodeApp } from '../app/index.ts'
import type { Instance } from '../instance/index.ts'
import { delayedUntil } from '../launch/index.ts'
import type { MarathonState, OfferStats, UnusedOffer } from '../state/index.ts'
import { formatTimestamp } from '../text/index.ts'

export function queueView(state: MarathonState, options: { readonly now: number; readonly withOffers: boolean }) {
  const queue = [...state.instances.waiting()].flatMap(([appId, waiting]) => {
    const byRole = Map.groupBy(waiting, ({ role }) => role)
    return [...byRole].flatMap(([role, instances]) => itemView(state, { appId, role, instances, ...options }) ?? [])
  })
  return { queue }
}

type Item = {
  readonly appId: string
  readonly role: string
  readonly instances: readonly Instance[]
  readonly now: number
  readonly withOffers: boolean
}

function itemView(state: MarathonState, { appId, role, instances, now, withOffers }: Item) {
  const app = state.root.apps.get(appId)
  if (app === undefined) return undefined
  const until = delayedUntil(state, appId, now)
  const timeLeftSeconds = until === undefined ? 0 : Math.max(0, Math.ceil((until - now) / 1000))
  const stats = state.offerStats.get(appId)
  return {
    app: encodeApp(app),
    count: instances.length,
    role,
    delay: { timeLeftSeconds, overdue: until === undefined },
    since: formatTimestamp(Math.min(...instances.map((instance) => instance.state.since))),
    processedOffersSummary: summaryView(stats),
    ...(withOffers ? { lastUnusedOffers: [...(stats?.last.values() ?? [])].map(unusedOfferView) } : {}),
  }
}

function summaryView(stats: OfferStats | undefined) {
  const time = (at: number | undefined): string | undefined => (at === undefined ? undefined : formatTimestamp(at))
  const last = new Map<string, number>()
  for (const { refusals } of stats?.last.values() ?? []) {
    const first = refusalReasons.find((reason) => refusals.some((refusal) => refusal.reason === reason))
    if (first !== undefined) last.set(first, (last.get(first) ?? 0) + 1)
  }
  const lastCount = stats?.last.size ?? 0
  return {
    processedOffersCount: stats?.processedCount ?? 0,
    unusedOffersCount: stats?.unusedCount ?? 0,
    lastUnusedOfferAt: time(stats?.lastUnusedAt),
    lastUsedOfferAt: time(stats?.lastUsedAt),
    rejectSummaryLastOffers: funnel(last, lastCount),
    rejectSummaryLaunchAttempt: funnel(stats?.attempt ?? new Map<string, number>(), stats?.processedCount ?? 0),
  }
}

/** Every stage sees the offers that the stages before let pass. */
function funnel(declinedBy: ReadonlyMap<string, number>, total: number) {
  let processed = total
  return refusalReasons.flatMap((reason) => {
    if (reason === 'NoOfferAvailable') return []
    const declined = declinedBy.get(reason) ?? 0
    const stage = { reason, declined, processed }
    processed -= declined
    return [stage]
  })
}

function unusedOfferView({ offer, refusals, at }: UnusedOffer) {
  return {
    offer: offerView(offer),
    reason: refusals.map(({ reason }) => reason),
    // NOTE: not in Marathon's answer: what was needed and what the offer had.
    details: refusals,
    timestamp: formatTimestamp(at),
  }
}

function offerView(offer: mesos.Offer) {
  return {
    id: offer.id.value,
    hostname: offer.hostname,
    agentId: offer.agent_id.value,
    resources: (offer.resources ?? []).map(resourceView),
    attributes: (offer.attributes ?? []).map((attribute) => ({
      name: attribute.name,
      text: attribute.text?.value,
      scalar: attribute.scalar?.value,
      ranges: attribute.ranges?.range,
      set: attribute.set?.item,
    })),
  }
}

function resourceView(resource: mesos.Resource) {
  const role = resource.reservations?.at(-1)?.role ?? resource.role ?? '*'
  const { name, scalar, ranges, set } = resource
  return { name, role, scalar: scalar?.value, ranges: ranges?.range, set: set?.item }
}
