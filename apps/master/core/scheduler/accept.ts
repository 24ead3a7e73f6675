import type { mesos, scheduler } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { sendStatus } from '../emit.ts'
import { discardOffer, dropOffer, refusalMs } from '../offers.ts'
import { partitionState } from '../states.ts'
import { countTerminal, masterStatus } from '../tasks.ts'
import { launch } from './launch.ts'
import { launchGroup } from './launch-group.ts'
import { applyAcceptedOperation, operationFailed } from './offer-operations.ts'
import { recover } from '../allocation-books.ts'
import type { Acceptance, Agent, Framework, Master, Offer } from '../model.ts'

/** Uses the resources of one or more offers for the operations; the rest is declined. */
export function onAccept(m: Master, framework: Framework, accept: scheduler.Call_Accept): void {
  const ids = (accept.offer_ids ?? []).map(({ value }) => value)
  const operations = accept.operations ?? []
  const offers = ids.flatMap((id) => m.offers.get(id) ?? [])
  const problem = offersProblem(m, framework, ids)
  if (problem !== undefined) return refuseAccept(m, framework, offers, operations, problem)
  const [first] = offers
  const agent = first && m.agents.get(first.agentId)
  if (!first || !agent) return
  let remaining = Resources.empty
  for (const offer of offers) {
    dropOffer(m, offer)
    remaining = remaining.add(offer.resources)
  }
  framework.counters.add('offers/accepted', offers.length)
  if (!agent.connected) return dropForAgent(m, framework, agent, operations, remaining)
  const acceptance: Acceptance = { framework, agent, role: first.role, remaining, converted: Resources.empty }
  for (const operation of operations) perform(m, acceptance, operation)
  giveBack(m, acceptance, accept)
}

function perform(m: Master, acceptance: Acceptance, operation: mesos.Offer_Operation): void {
  const { framework } = acceptance
  const type = operation.type ?? 'UNKNOWN'
  framework.counters.add('operations')
  framework.counters.add(`operations/${type.toLowerCase()}`)
  if (type === 'LAUNCH') return launch(m, acceptance, operation)
  if (type === 'LAUNCH_GROUP') return launchGroup(m, acceptance, operation)
  applyAcceptedOperation(m, acceptance, operation)
}

/** The untouched part is declined with the filters; what was just converted can be offered again at once. */
function giveBack(m: Master, acceptance: Acceptance, accept: scheduler.Call_Accept): void {
  const { framework, agent, remaining, converted } = acceptance
  const fresh = Resources.fromItems(
    remaining.items.filter((item) => converted.items.some((one) => one.meta.key === item.meta.key)),
  )
  const untouched = remaining.subtract(fresh)
  recover(m, { frameworkId: framework.id, agentId: agent.id, resources: fresh })
  recover(m, { frameworkId: framework.id, agentId: agent.id, resources: untouched }, refusalMs(accept.filters))
  const launches = (accept.operations ?? []).some((one) => tasksOf(one).length > 0 || one.type !== 'LAUNCH')
  if (!launches) m.counters.add('master/messages_decline_offers')
}

const tasksOf = (operation: mesos.Offer_Operation): readonly mesos.TaskInfo[] =>
  operation.launch?.task_infos ?? operation.launch_group?.task_group.tasks ?? []

/** Why the offers cannot be used together; one bad offer voids the call. */
function offersProblem(m: Master, framework: Framework, ids: readonly string[]): string | undefined {
  if (ids.length === 0) return 'No offers specified'
  const duplicate = ids.find((id, index) => ids.indexOf(id) !== index)
  if (duplicate !== undefined) return `Duplicate offer ${duplicate} in offer list`
  const offers: Offer[] = []
  for (const id of ids) {
    const offer = m.offers.get(id)
    if (!offer) return `Offer ${id} is no longer valid`
    if (offer.frameworkId !== framework.id) {
      return `Offer ${id} has invalid framework ${offer.frameworkId} while framework ${framework.id} is expected`
    }
    offers.push(offer)
  }
  return mixedOffersProblem(offers)
}

function mixedOffersProblem([first, ...others]: readonly Offer[]): string | undefined {
  const otherRole = others.find((offer) => offer.role !== first?.role)
  if (first && otherRole) {
    return `Aggregated offers must be allocated to the same role. Offer ${otherRole.id} uses role '${otherRole.role}' but another is using role '${first.role}'`
  }
  const otherAgent = others.find((offer) => offer.agentId !== first?.agentId)
  if (first && otherAgent) {
    return `Aggregated offers must belong to one single agent. Offer ${otherAgent.id} uses agent ${otherAgent.agentId} and agent ${first.agentId}`
  }
  return undefined
}

function refuseAccept(
  m: Master,
  framework: Framework,
  offers: readonly Offer[],
  operations: readonly mesos.Offer_Operation[],
  problem: string,
): void {
  for (const offer of offers) if (offer.frameworkId === framework.id) discardOffer(m, offer)
  const message = `Task launched with invalid offers: ${problem}`
  for (const operation of operations) {
    for (const task of tasksOf(operation)) dropTask(m, framework, task, 'REASON_INVALID_OFFERS', message)
    if (tasksOf(operation).length === 0)
      operationFailed(m, framework, operation, `Operation attempted with invalid offers: ${problem}`)
  }
}

/** The agent went away between the offer and its use. */
function dropForAgent(
  m: Master,
  framework: Framework,
  agent: Agent,
  operations: readonly mesos.Offer_Operation[],
  resources: Resources,
): void {
  recover(m, { frameworkId: framework.id, agentId: agent.id, resources })
  const tasks = operations.flatMap(tasksOf)
  for (const task of tasks) dropTask(m, framework, task, 'REASON_AGENT_DISCONNECTED', 'Agent disconnected')
}

function dropTask(
  m: Master,
  framework: Framework,
  task: mesos.TaskInfo,
  reason: mesos.TaskStatus_Reason,
  message: string,
): void {
  const state = partitionState(framework.capabilities, 'TASK_DROPPED')
  const status = masterStatus(m, { task_id: task.task_id, state, reason, message, agent_id: task.agent_id })
  countTerminal(m, framework, state, status)
  sendStatus(m, framework, status)
}
