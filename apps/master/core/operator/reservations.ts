import type { Resources } from '@thermosphere/offer-engine'
import type { master, mesos } from '@thermosphere/protocol'
import { toPostRefinement, validateResources } from '@thermosphere/offer-engine'
import { respond } from '../emit.ts'
import { rescindOffer } from '../offers.ts'
import { startOperation, unallocatedConversions } from '../operations.ts'
import { resourceOperationProblem } from '../validation/operation.ts'
import type { Agent, Master, RequestId } from '../model.ts'

/** Resources taken back for an operator are not offered again to the same framework for this long. */
const forcedRescindMs = 5_000

type Asked = {
  readonly agentId: string
  readonly operation: mesos.Offer_Operation
  readonly resources: readonly mesos.Resource[]
}

const refined = (resources: readonly mesos.Resource[] | undefined): mesos.Resource[] =>
  (resources ?? []).map(toPostRefinement)

/** The offer operation that an operator's call stands for. Members that are not of its type are passed over. */
export function askedOperation(call: master.Call): Asked | undefined {
  switch (call.type) {
    case 'RESERVE_RESOURCES':
      return call.reserve_resources && reservationOf(call.reserve_resources)
    case 'UNRESERVE_RESOURCES': {
      const { agent_id, resources: all } = call.unreserve_resources ?? {}
      const resources = refined(all)
      return agent_id && askedOf(agent_id, resources, { type: 'UNRESERVE', unreserve: { resources } })
    }
    case 'CREATE_VOLUMES': {
      const { agent_id, volumes: all } = call.create_volumes ?? {}
      const volumes = refined(all)
      return agent_id && askedOf(agent_id, volumes, { type: 'CREATE', create: { volumes } })
    }
    case 'DESTROY_VOLUMES': {
      const { agent_id, volumes: all } = call.destroy_volumes ?? {}
      const volumes = refined(all)
      return agent_id && askedOf(agent_id, volumes, { type: 'DESTROY', destroy: { volumes } })
    }
    case 'GROW_VOLUME':
      return call.grow_volume && growthOf(call.grow_volume)
    case 'SHRINK_VOLUME':
      return call.shrink_volume && shrinkageOf(call.shrink_volume)
    default:
      return undefined
  }
}

const askedOf = (
  agentId: mesos.AgentID | undefined,
  resources: readonly mesos.Resource[],
  operation: mesos.Offer_Operation,
): Asked => ({ agentId: agentId?.value ?? '', resources, operation })

function reservationOf({ agent_id, resources: all, source }: master.Call_ReserveResources): Asked {
  const resources = refined(all)
  const reserve = { resources, ...(source?.length && { source: refined(source) }) }
  return askedOf(agent_id, resources, { type: 'RESERVE', reserve })
}

function growthOf(grow: master.Call_GrowVolume): Asked {
  const [volume, addition] = [toPostRefinement(grow.volume), toPostRefinement(grow.addition)]
  return askedOf(grow.agent_id, [volume, addition], { type: 'GROW_VOLUME', grow_volume: { volume, addition } })
}

function shrinkageOf(shrink: master.Call_ShrinkVolume): Asked {
  const volume = toPostRefinement(shrink.volume)
  const { subtract } = shrink
  return askedOf(shrink.agent_id, [volume], { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract } })
}

/** Changes reservations and volumes on an agent; offers in the way are withdrawn one by one until it fits. */
export function onResourceCall(m: Master, call: master.Call, requestId: RequestId): void {
  const asked = askedOperation(call)
  if (!asked) return respond(m, requestId, { status: 400, text: '400 Bad Request.' })
  const malformed = validateResources(asked.resources)
  if (malformed !== undefined)
    return respond(m, requestId, { status: 400, text: `Failed to validate master::Call: ${malformed}` })
  const agent = m.agents.get(asked.agentId)
  if (!agent) return respond(m, requestId, { status: 400, text: 'No agent found with specified ID' })
  const problem = resourceOperationProblem(m, agent, asked.operation, undefined)
  if (problem !== undefined) {
    const text = `Invalid ${asked.operation.type} operation on agent ${agent.id} at slave(1)@${agent.ip}:${agent.info.port ?? 5051} (${agent.info.hostname}): ${problem}`
    return respond(m, requestId, { status: 400, text })
  }
  const refusal = applyToAvailable(m, agent, asked.operation)
  respond(m, requestId, refusal === undefined ? { status: 202 } : { status: 409, text: refusal })
}

/** What would be free without any offer: nobody's offers are withdrawn for more than that. */
function unused(agent: Agent): Resources {
  const used = [...agent.used.byKey.values()]
  return used.reduce((rest, one) => rest.subtract(one.nonShared().unallocated()), agent.total)
}

function applyToAvailable(m: Master, agent: Agent, operation: mesos.Offer_Operation): string | undefined {
  const conversions = unallocatedConversions(operation) ?? []
  const attainable = unused(agent).convert(conversions)
  if (!attainable.ok) return attainable.error
  const offers = [...agent.offers]
  for (;;) {
    const refusal = m.allocator.updateAvailable(agent.id, conversions)
    if (refusal === undefined) break
    const offer = offers.shift()
    if (!offer) return refusal
    rescindOffer(m, offer, forcedRescindMs)
  }
  const total = agent.total.convert(conversions)
  if (total.ok) agent.total = total.resources
  startOperation(m, agent, operation, undefined)
  return undefined
}
