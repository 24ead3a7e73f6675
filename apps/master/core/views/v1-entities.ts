import type { master, mesos } from '@thermosphere/protocol'
import type { Millis } from '@thermosphere/effects'
import { withSeenResources } from '../access/sight.ts'
import { offerHead, showOffer } from '../offers.ts'
import type { ShownOffer } from '../offers.ts'
import { endpointFormat } from '../resource-format.ts'
import { inverseOfferWire } from '../scheduler/inverse-offers.ts'
import { timeInfo } from '../scheduler/reconcile.ts'
import type { ShownAgent, ShownFramework } from './shown.ts'
import type { Agent, Framework, Master } from '../model.ts'

type WireFramework = master.Response_GetFrameworks_Framework
type WireAgent = master.Response_GetAgents_Agent

const time = (at: Millis): mesos.TimeInfo | undefined => (at === 0 ? undefined : timeInfo(at))

const flagsOf = ({ info, connection, active, unregisteredAt }: ShownFramework) => ({
  framework_info: info,
  active,
  connected: connection === 'connected',
  recovered: connection === 'recovered' && unregisteredAt === 0,
})

/** In events a framework has no offers, resources and constraints, but all three times. */
export const frameworkEvent = (framework: ShownFramework): WireFramework => ({
  ...flagsOf(framework),
  registered_time: timeInfo(framework.registeredAt),
  reregistered_time: timeInfo(framework.reregisteredAt),
  unregistered_time: timeInfo(framework.unregisteredAt),
})

/** A framework of a response, before its offers. */
export const frameworkState = (framework: ShownFramework): WireFramework => ({
  ...flagsOf(framework),
  registered_time: time(framework.registeredAt),
  reregistered_time: time(framework.reregisteredAt),
  unregistered_time: time(framework.unregisteredAt),
})

/** And after them. */
export const frameworkBooks = ({ used, offered, offerConstraints }: ShownFramework) => ({
  allocated_resources: endpointFormat(used.resources.toWire()),
  offered_resources: endpointFormat(offered.resources.toWire()),
  offer_constraints: offerConstraints ?? {},
})

export const inverseOffersOf = (m: Master, framework: Framework): mesos.InverseOffer[] =>
  [...framework.inverseOffers].map((offer) => inverseOfferWire(m, offer, m.agents.get(offer.agentId)))

/** As they are now; there are too many to make messages of them at once. */
export function offersOf(m: Master, framework: Framework): ShownOffer[] {
  const shown: ShownOffer[] = []
  for (const offer of framework.offers) {
    const agent = m.agents.get(offer.agentId)
    if (agent) shown.push(showOffer(m, framework, agent, offer))
  }
  return shown
}

export const shownOfferWire = (shown: ShownOffer): mesos.Offer => ({
  ...offerHead(shown),
  resources: endpointFormat(shown.offer.resources.toWire()),
  allocation_info: { role: shown.offer.role },
})

export const isActive = (agent: Pick<Agent, 'connected' | 'deactivated'>): boolean =>
  agent.connected && !agent.deactivated

export const pidOf = (agent: Pick<Agent, 'ip' | 'info'>): string => `slave(1)@${agent.ip}:${agent.info.port ?? 5051}`

export function agentWire(agent: ShownAgent): WireAgent {
  const wire: WireAgent = {
    agent_info: agent.info,
    active: isActive(agent),
    deactivated: agent.deactivated,
    version: agent.version,
    pid: pidOf(agent),
    registered_time: timeInfo(agent.registeredAt),
    ...(agent.reregisteredAt !== undefined && { reregistered_time: timeInfo(agent.reregisteredAt) }),
    total_resources: endpointFormat(agent.total.toWire()),
    allocated_resources: endpointFormat(agent.used.resources.toWire()),
    offered_resources: endpointFormat(agent.offered.resources.toWire()),
    capabilities: [...agent.capabilities],
    ...(agent.drain && { drain_info: agent.drain, estimated_drain_start_time: timeInfo(agent.drainStartedAt) }),
  }
  return agent.seenBy ? withSeenResources(agent.seenBy, wire) : wire
}
