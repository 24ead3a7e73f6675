import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { operationRefusal } from '../access/approvals.ts'
import { recover } from '../allocation-books.ts'
import { note } from '../emit.ts'
import { rescindOffers } from '../offers.ts'
import { consumedResources, convertedResources, startOperation, unallocatedConversions } from '../operations.ts'
import { withAllocation } from '../resource-format.ts'
import { operationProblem } from '../validation/operation.ts'
import { sendOperation } from './reconcile.ts'
import type { Acceptance, Agent, Framework, Master, Offer } from '../model.ts'

/** Reservations and volumes are assumed to succeed: the result can be used by what follows in the same call. */
export function applyAcceptedOperation(m: Master, acceptance: Acceptance, asked: mesos.Offer_Operation): void {
  const { framework, agent } = acceptance
  const operation = allocated(asked, acceptance.role)
  const problem = operationProblem(m, acceptance, operation) ?? operationRefusal(m, operation, framework.info.principal)
  if (problem !== undefined) return operationFailed(m, framework, operation, problem)
  const result = acceptance.remaining.apply(operation)
  if (!result.ok) return operationFailed(m, framework, operation, result.error)
  const total = agent.total.convert(unallocatedConversions(operation) ?? [])
  if (!total.ok) return operationFailed(m, framework, operation, total.error)
  if (operation.destroy) rescindVolumes(m, agent, operation.destroy.volumes ?? [])
  m.allocator.updateAllocation(framework.id, agent.id, {
    before: consumedResources(operation),
    after: convertedResources(operation),
  })
  const converted = convertedResources(operation)
  // A volume of another size is there when the agent says so: what follows in the call does not have it yet.
  const isResized = operation.type === 'GROW_VOLUME' || operation.type === 'SHRINK_VOLUME'
  if (isResized) recover(m, { frameworkId: framework.id, agentId: agent.id, resources: converted })
  acceptance.remaining = isResized ? result.resources.subtract(converted) : result.resources
  if (!isResized) acceptance.converted = acceptance.converted.add(converted)
  agent.total = total.resources
  startOperation(m, agent, operation, framework.id)
}

/** Others may have been offered the same shared volume, which is about to be gone. */
function rescindVolumes(m: Master, agent: Agent, volumes: readonly mesos.Resource[]): void {
  const gone = Resources.fromWire(volumes).unallocated()
  const holds = (offer: Offer): boolean =>
    offer.resources.unallocated().items.some((item) => gone.items.some((volume) => volume.meta.key === item.meta.key))
  rescindOffers(m, [...agent.offers].filter(holds))
}

/** Without an id a failure is nobody's business but the log's. */
export function operationFailed(
  m: Master,
  framework: Framework,
  operation: mesos.Offer_Operation,
  message: string,
): void {
  note(m, 'operation.refused', { frameworkId: framework.id, operation: operation.type, reason: message })
  m.counters.add('master/operations/error')
  m.counters.add(`master/operations/${(operation.type ?? 'unknown').toLowerCase()}/error`)
  if (!operation.id) return
  sendOperation(m, framework, { operation_id: operation.id, state: 'OPERATION_ERROR', message })
}

/** Every resource of the operation with the offer's role. */
function allocated(operation: mesos.Offer_Operation, role: string): mesos.Offer_Operation {
  const fill = (resources: readonly mesos.Resource[] | undefined): mesos.Resource[] => withAllocation(resources, role)
  const one = (resource: mesos.Resource): mesos.Resource => fill([resource])[0] ?? resource
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  return {
    ...operation,
    ...(reserve && {
      reserve: { resources: fill(reserve.resources), ...(reserve.source?.length && { source: fill(reserve.source) }) },
    }),
    ...(unreserve && { unreserve: { resources: fill(unreserve.resources) } }),
    ...(create && { create: { volumes: fill(create.volumes) } }),
    ...(destroy && { destroy: { volumes: fill(destroy.volumes) } }),
    ...(grow && { grow_volume: { volume: one(grow.volume), addition: one(grow.addition) } }),
    ...(shrink && { shrink_volume: { ...shrink, volume: one(shrink.volume) } }),
  }
}
