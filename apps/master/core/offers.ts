import type { mesos } from '@thermosphere/protocol'
import type { Allocation } from '@thermosphere/offer-engine'
import type { Millis } from '@thermosphere/effects'
import { armTimer, cancelTimer, sendEvent } from './emit.ts'
import { machineOf } from './machines.ts'
import { frameworkFormat } from './resource-format.ts'
import { recover } from './allocation-books.ts'
import type { Rest } from './steps/rest.ts'
import type { Agent, Framework, InverseOffer, Master, Offer } from './model.ts'

/** Below this an offer's decline is not worth remembering. */
const defaultRefuseMs = 5_000
const maxRefuseMs = 365 * 24 * 3600 * 1000

/** How long a decline keeps resources away: 5 s unless told, at most a year; 0 means not at all. */
export function refusalMs(filters: mesos.Filters | undefined): Millis {
  const seconds = filters?.refuse_seconds
  if (seconds === undefined || Number.isNaN(seconds) || seconds < 0) return defaultRefuseMs
  return Math.min(seconds * 1000, maxRefuseMs)
}

/**
 * Runs the allocator and turns what it gives into offers, one message a framework. A long run goes on by a timer that
 * is due at once, so that what has come in meanwhile is not held up.
 */
export function allocate(m: Master, { batch }: { readonly batch: boolean }): void {
  const byFramework = new Map<Framework, mesos.Offer[]>()
  const allocations = m.allocator.allocate(m.now, { batch, workMax: m.config.allocationWorkMax })
  if (m.allocator.isInRun) armTimer(m, 'allocation-rest', m.now)
  for (const allocation of allocations) {
    const framework = m.frameworks.get(allocation.frameworkId)
    const agent = m.agents.get(allocation.agentId)
    if (!framework?.active || !agent?.connected || agent.deactivated) {
      recover(m, allocation)
      continue
    }
    const offer = addOffer(m, framework, agent, allocation)
    const offers = byFramework.get(framework) ?? []
    offers.push(offerWire(m, framework, agent, offer))
    byFramework.set(framework, offers)
  }
  for (const [framework, offers] of byFramework) {
    framework.counters.add('offers/sent', offers.length)
    sendEvent(m, framework, { type: 'OFFERS', offers: { offers } })
  }
}

function addOffer(m: Master, framework: Framework, agent: Agent, allocation: Allocation): Offer {
  const id = `${m.info.id}-O${m.nextOffer++}`
  const { role, resources } = allocation
  const offer: Offer = { id, frameworkId: framework.id, agentId: agent.id, role, resources }
  m.offers.set(id, offer)
  m.roleLedger.offer(role, resources)
  for (const owner of [framework, agent]) {
    owner.offers.add(offer)
    owner.offered.add(offer, resources)
  }
  if (m.config.offerTimeoutMs !== undefined) armTimer(m, `offer/${id}`, m.now + m.config.offerTimeoutMs)
  return offer
}

type Reached = Pick<Agent, 'info' | 'ip'>

/** Where the agent's HTTP endpoints are. */
export const agentUrl = ({ info, ip }: Reached): mesos.URL => ({
  scheme: 'http',
  address: { hostname: info.hostname, ip, port: info.port ?? 5051 },
  path: '/slave(1)',
})

/** An offer at one moment, with what its message says of other things. */
export type ShownOffer = Reached & {
  readonly offer: Offer
  readonly executorIds: readonly string[]
  readonly unavailability: mesos.Unavailability | undefined
}

export const showOffer = (m: Master, framework: Framework, agent: Agent, offer: Offer): ShownOffer => ({
  offer,
  info: agent.info,
  ip: agent.ip,
  executorIds: [...(framework.executors.get(agent.id)?.keys() ?? [])],
  unavailability: machineOf(m, agent)?.unavailability,
})

/** The message without its resources. */
export const offerHead = ({ offer, info, ip, executorIds, unavailability }: ShownOffer): mesos.Offer => ({
  id: { value: offer.id },
  framework_id: { value: offer.frameworkId },
  agent_id: { value: offer.agentId },
  hostname: info.hostname,
  url: agentUrl({ info, ip }),
  ...(info.domain && { domain: info.domain }),
  ...(info.attributes?.length && { attributes: info.attributes }),
  ...(executorIds.length > 0 && { executor_ids: executorIds.map((value) => ({ value })) }),
  ...(unavailability && { unavailability }),
})

export const offerWire = (m: Master, framework: Framework, agent: Agent, offer: Offer): mesos.Offer => ({
  ...offerHead(showOffer(m, framework, agent, offer)),
  resources: frameworkFormat(offer.resources.toWire(), framework.capabilities),
  ...(framework.capabilities.has('MULTI_ROLE') && { allocation_info: { role: offer.role } }),
})

/** Takes an offer out of the books without giving its resources back. */
export function dropOffer(m: Master, offer: Offer): void {
  if (m.offers.delete(offer.id)) m.roleLedger.withdraw(offer.role, offer.resources)
  for (const owner of [m.frameworks.get(offer.frameworkId), m.agents.get(offer.agentId)]) {
    owner?.offers.delete(offer)
    owner?.offered.remove(offer)
  }
  if (m.config.offerTimeoutMs !== undefined) cancelTimer(m, `offer/${offer.id}`)
}

/** Gives an offer's resources back without telling the framework. */
export function discardOffer(m: Master, offer: Offer, refuseMs: Millis = 0): void {
  dropOffer(m, offer)
  recover(m, offer, refuseMs)
}

export function* discardOffers(m: Master, offers: Iterable<Offer>): Rest {
  for (const offer of [...offers]) {
    discardOffer(m, offer)
    yield
  }
}

/** Withdraws an offer: the framework hears of it, the resources go back. */
export function rescindOffer(m: Master, offer: Offer, refuseMs: Millis = 0): void {
  discardOffer(m, offer, refuseMs)
  const framework = m.frameworks.get(offer.frameworkId)
  if (!framework) return
  framework.counters.add('offers/rescinded')
  sendEvent(m, framework, { type: 'RESCIND', rescind: { offer_id: { value: offer.id } } })
}

/** Those of one agent; for more there is `rescindEach`. */
export function rescindOffers(m: Master, offers: Iterable<Offer>): void {
  for (const offer of [...offers]) rescindOffer(m, offer)
}

export function* rescindEach(m: Master, offers: Iterable<Offer>): Rest {
  for (const offer of [...offers]) {
    rescindOffer(m, offer)
    yield
  }
}

export function dropInverseOffer(m: Master, offer: InverseOffer): void {
  m.inverseOffers.delete(offer.id)
  m.frameworks.get(offer.frameworkId)?.inverseOffers.delete(offer)
  m.agents.get(offer.agentId)?.inverseOffers.delete(offer)
}

export function rescindInverseOffer(m: Master, offer: InverseOffer): void {
  dropInverseOffer(m, offer)
  const framework = m.frameworks.get(offer.frameworkId)
  if (!framework) return
  const rescind = { inverse_offer_id: { value: offer.id } }
  sendEvent(m, framework, { type: 'RESCIND_INVERSE_OFFER', rescind_inverse_offer: rescind })
}
