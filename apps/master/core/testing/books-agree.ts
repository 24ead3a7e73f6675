import { invariant } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { Master } from '../index.ts'
import { isTerminal } from '../states.ts'

const sum = (all: Iterable<Resources>): Resources => [...all].reduce((total, one) => total.add(one), Resources.empty)

/** What must hold after every step. */
export function assertBooksAgree(master: Master): void {
  for (const agent of master.agents.values()) {
    const used = sum(agent.used.byKey.values())
    const offered = sum([...agent.offers].map((offer) => offer.resources))
    const both = used.add(offered)
    invariant(agent.total.contains(both.unallocated()), `${both} is more than ${agent.total}`)
    const books = master.allocator.agentResources(agent.id)
    invariant(books.total.equals(agent.total), 'the allocator knows the total')
    invariant(sum(books.allocations.values()).equals(both), 'what is out is what is offered or used')
    const held = [...agent.tasks.values()].filter((one) => one.holdsResources).map((one) => one.resources)
    const executors = [...agent.executors.values()].flatMap((byId) => [...byId.values()].map((one) => one.resources))
    invariant(sum([...held, ...executors]).equals(used), 'what is used is used by tasks and executors')
    for (const one of agent.tasks.values()) {
      invariant(master.frameworks.get(one.frameworkId)?.tasks.get(one.id) === one, 'both books have the task')
      invariant(one.holdsResources === !isTerminal(one.wire.state), 'who has ended holds nothing')
    }
  }
  for (const framework of master.frameworks.values()) {
    invariant(framework.active === (framework.connection.state === 'connected'), 'who is connected is active')
    for (const one of framework.tasks.values())
      invariant(master.agents.get(one.agentId)?.tasks.size, 'no task without an agent')
    for (const offer of framework.offers) invariant(master.offers.get(offer.id) === offer, 'both books have it')
    invariant(framework.active || framework.offers.size === 0, 'who is away has no offers')
  }
  for (const [id, agent] of master.agents) {
    const isElsewhere = master.unreachableAgents.has(id) || master.goneAgents.has(id) || master.recoveredAgents.has(id)
    invariant(!isElsewhere, 'an agent is in one book')
    invariant(agent.connected || agent.offers.size === 0, 'nothing of an agent that is away is offered')
  }
}
