import type { mesos } from '@thermosphere/protocol'
import { sendEvent } from '../emit.ts'
import { machineOf } from '../machines.ts'
import { agentUrl, dropInverseOffer, refusalMs } from '../offers.ts'
import type { Rest } from '../steps/rest.ts'
import { timeInfo } from './reconcile.ts'
import type { Agent, Framework, InverseOffer, Master } from '../model.ts'

type Answer = 'ACCEPT' | 'DECLINE'
type AnswerCall = {
  readonly inverse_offer_ids?: readonly mesos.OfferID[] | undefined
  readonly filters?: mesos.Filters | undefined
}

/** The answer is recorded for operators; nothing is killed. The filter delays the next one. */
export function onAnswerInverseOffers(m: Master, framework: Framework, status: Answer, call: AnswerCall): void {
  for (const { value } of call.inverse_offer_ids ?? []) {
    const offer = m.inverseOffers.get(value)
    if (offer?.frameworkId !== framework.id) continue
    dropInverseOffer(m, offer)
    const answers = m.inverseAnswers.get(offer.agentId) ?? new Map()
    answers.set(framework.id, { status, framework_id: { value: framework.id }, timestamp: timeInfo(m.now) })
    m.inverseAnswers.set(offer.agentId, answers)
    m.inverseFilters.set(`${framework.id}/${offer.agentId}`, m.now + refusalMs(call.filters))
  }
}

/** One outstanding inverse offer for each framework with resources on an agent that is to be maintained. */
export function* makeInverseOffers(m: Master): Rest {
  if (m.machines.size === 0) return
  for (const agent of m.agents.values()) {
    yield
    const machine = machineOf(m, agent)
    if (machine?.mode !== 'DRAINING' || !machine.unavailability || !agent.connected) continue
    for (const framework of concernedFrameworks(m, agent)) offerInverse(m, framework, agent, machine.unavailability)
  }
}

function concernedFrameworks(m: Master, agent: Agent): Framework[] {
  const ids = new Set([...agent.used.byKey.keys(), ...[...agent.offers].map((offer) => offer.frameworkId)])
  return [...ids].flatMap((id) => m.frameworks.get(id) ?? []).filter((framework) => framework.active)
}

function offerInverse(m: Master, framework: Framework, agent: Agent, unavailability: mesos.Unavailability): void {
  const outstanding = [...agent.inverseOffers].some((offer) => offer.frameworkId === framework.id)
  if (outstanding || (m.inverseFilters.get(`${framework.id}/${agent.id}`) ?? 0) > m.now) return
  const offer: InverseOffer = {
    id: `${m.info.id}-O${m.nextOffer++}`,
    frameworkId: framework.id,
    agentId: agent.id,
    unavailability,
  }
  m.inverseOffers.set(offer.id, offer)
  framework.inverseOffers.add(offer)
  agent.inverseOffers.add(offer)
  const wire = inverseOfferWire(m, offer, agent)
  sendEvent(m, framework, { type: 'INVERSE_OFFERS', inverse_offers: { inverse_offers: [wire] } })
}

export function inverseOfferWire(_m: Master, offer: InverseOffer, agent: Agent | undefined): mesos.InverseOffer {
  return {
    id: { value: offer.id },
    ...(agent && { url: agentUrl(agent) }),
    framework_id: { value: offer.frameworkId },
    agent_id: { value: offer.agentId },
    unavailability: offer.unavailability,
  }
}
