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

/** The offer operation that an operator's call stands for. */
export function askedOperation(call: master.Call): Asked | undefined {
  return reservationOf(call) ?? volumesOf(call) ?? resizeOf(call)
}

function reservationOf({ reserve_resources: reserve, unreserve_resources: unreserve }: master.Call): Asked | undefined {
  if (reserve) {
    const resources = refined(reserve.resources)
    const source = reserve.source?.length ? { source: refined(reserve.source) } : {}
    return {
      agentId: reserve.agent_id.value,
      resources,
      operation: { type: 'RESERVE', reserve: { resources, ...source } },
    }
  }
  if (!unreserve) return undefined
  const resources = refined(unreserve.resources)
  return { agentId: unreserve.agent_id.value, resources, operation: { type: 'UNRESERVE', unreserve: { resources } } }
}

function volumesOf({ create_volumes: create, destroy_volumes: destroy }: master.Call): Asked | undefined {
  const call = create ?? destroy
  if (!call) return undefined
  const volumes = refined(call.volumes)
  const operation = create
    ? ({ type: 'CREATE', create: { volumes } } as const)
    : ({ type: 'DESTROY', destroy: { volumes } } as const)
  return { agentId: call.agent_id.value, resources: volumes, operation }
}

function resizeOf({ grow_volume: grow, shrink_volume: shrink }: master.Call): Asked | undefined {
  if (grow) {
    const [volume, addition] = [toPostRefinement(grow.volume), toPostRefinement(grow.addition)]
    const operation = { type: 'GROW_VOLUME', grow_volume: { volume, addition } } as const
    return { agentId: grow.agent_id?.value ?? '', resources: [volume, addition], operation }
  }
  if (!shrink) return undefined
  const volume = toPostRefinement(shrink.volume)
  const operation = { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract: shrink.subtract } } as const
  return { agentId: shrink.agent_id?.value ?? '', resources: [volume], operation }
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
