import type { master, mesos } from '@thermosphere/protocol'
import type { Resources } from '@thermosphere/offer-engine'
import type { Millis } from '@thermosphere/effects'
import { Resources as Bag } from '@thermosphere/offer-engine'
import { offerWire } from '../offers.ts'
import { endpointFormat } from '../resource-format.ts'
import { inverseOfferWire } from '../scheduler/inverse-offers.ts'
import { timeInfo } from '../scheduler/reconcile.ts'
import type { Agent, Framework, Master } from '../model.ts'

type WireFramework = master.Response_GetFrameworks_Framework
type WireAgent = master.Response_GetAgents_Agent

const sum = (all: Iterable<Resources>): Resources => {
  let total = Bag.empty
  for (const resources of all) total = total.add(resources)
  return total
}

export const usedBy = (owner: { readonly used: ReadonlyMap<string, Resources> }): Resources => sum(owner.used.values())

export const offeredTo = (owner: Pick<Framework | Agent, 'offers'>): Resources =>
  sum([...owner.offers].map((offer) => offer.resources))

const time = (at: Millis): mesos.TimeInfo | undefined => (at === 0 ? undefined : timeInfo(at))

/** In events a framework has no offers, resources and constraints, but all three times. */
export function frameworkWire(m: Master, framework: Framework, shape: 'event' | 'response'): WireFramework {
  const { info, connection, active, registeredAt, reregisteredAt, unregisteredAt } = framework
  const base = {
    framework_info: info,
    active,
    connected: connection.state === 'connected',
    recovered: connection.state === 'recovered' && framework.unregisteredAt === 0,
  }
  if (shape === 'event') {
    const times = {
      registered_time: timeInfo(registeredAt),
      reregistered_time: timeInfo(reregisteredAt),
      unregistered_time: timeInfo(unregisteredAt),
    }
    return { ...base, ...times }
  }
  const inverse = [...framework.inverseOffers].map((offer) => inverseOfferWire(m, offer, m.agents.get(offer.agentId)))
  return {
    ...base,
    registered_time: time(registeredAt),
    reregistered_time: time(reregisteredAt),
    unregistered_time: time(unregisteredAt),
    offers: offersOf(m, framework),
    inverse_offers: inverse,
    allocated_resources: endpointFormat(usedBy(framework).toWire()),
    offered_resources: endpointFormat(offeredTo(framework).toWire()),
    offer_constraints: framework.offerConstraints ?? {},
  }
}

function offersOf(m: Master, framework: Framework): mesos.Offer[] {
  return [...framework.offers].flatMap((offer) => {
    const agent = m.agents.get(offer.agentId)
    if (!agent) return []
    const wire = offerWire(m, framework, agent, offer)
    return { ...wire, resources: endpointFormat(offer.resources.toWire()), allocation_info: { role: offer.role } }
  })
}

export const isActive = (agent: Agent): boolean => agent.connected && !agent.deactivated

export const pidOf = (agent: Agent): string => `slave(1)@${agent.ip}:${agent.info.port ?? 5051}`

export function agentWire(_m: Master, agent: Agent): WireAgent {
  return {
    agent_info: agent.info,
    active: isActive(agent),
    deactivated: agent.deactivated,
    version: agent.version,
    pid: pidOf(agent),
    registered_time: timeInfo(agent.registeredAt),
    ...(agent.reregisteredAt !== undefined && { reregistered_time: timeInfo(agent.reregisteredAt) }),
    total_resources: endpointFormat(agent.total.toWire()),
    allocated_resources: endpointFormat(usedBy(agent).toWire()),
    offered_resources: endpointFormat(offeredTo(agent).toWire()),
    capabilities: [...agent.capabilities],
    ...(agent.drain && { drain_info: agent.drain, estimated_drain_start_time: timeInfo(agent.drainStartedAt) }),
  }
}
