import type { mesos } from '@thermosphere/protocol'
import { formatResource, isStrictSubrole, Resources, validateResources } from '@thermosphere/offer-engine'
import { idProblem } from './ids.ts'
import type { Acceptance, Agent, Framework, Master } from '../model.ts'

type Refusal = string | undefined

/** The framework's side of an operation; undefined for an operator. */
type Asker = { readonly framework: Framework; readonly role: string } | undefined

/** Why an operation from an offer is not valid. */
export function operationProblem(
  m: Master,
  { framework, agent, role }: Acceptance,
  operation: mesos.Offer_Operation,
): Refusal {
  const feedback = feedbackProblem(agent, operation)
  return feedback ?? resourceOperationProblem(m, agent, operation, { framework, role })
}

function feedbackProblem(agent: Agent, operation: mesos.Offer_Operation): Refusal {
  if (!operation.id) return undefined
  const able = agent.capabilities.some((capability) => capability.type === 'AGENT_OPERATION_FEEDBACK')
  return able ? undefined : `Agent ${agent.id} does not support operation feedback on agent default resources`
}

/** Why reservations or volumes cannot be changed like this, by a framework or by an operator. */
export function resourceOperationProblem(
  m: Master,
  agent: Agent,
  operation: mesos.Offer_Operation,
  asker: Asker,
): Refusal {
  switch (operation.type) {
    case 'RESERVE':
      return reserveProblem(operation.reserve, asker)
    case 'UNRESERVE':
      return unreserveProblem(operation.unreserve?.resources ?? [])
    case 'CREATE':
      return createProblem(agent, operation.create?.volumes ?? [], asker)
    case 'DESTROY':
      return destroyProblem(m, agent, operation.destroy?.volumes ?? [])
    case 'GROW_VOLUME':
      return operation.grow_volume && growProblem(agent, operation.grow_volume)
    case 'SHRINK_VOLUME':
      return operation.shrink_volume && shrinkProblem(agent, operation.shrink_volume)
    default:
      return `Unsupported operation ${operation.type ?? 'UNKNOWN'}: no resource provider on the agent`
  }
}

function firstProblem<T>(items: readonly T[], problem: (item: T) => Refusal): Refusal {
  for (const item of items) {
    const found = problem(item)
    if (found !== undefined) return found
  }
  return undefined
}

const isDynamic = (resource: mesos.Resource): boolean => resource.reservations?.at(-1)?.type === 'DYNAMIC'

function reserveProblem(reserve: mesos.Offer_Operation_Reserve | undefined, asker: Asker): Refusal {
  const resources = reserve?.resources ?? []
  if (asker && reserve?.source?.length) return 'Field `source` not allowed for frameworks'
  const invalid = validateResources(resources)
  if (invalid !== undefined) return `Invalid resources: ${invalid}`
  return firstProblem(resources, (resource) => reservationProblem(resource, asker))
}

function reservationProblem(resource: mesos.Resource, asker: Asker): Refusal {
  const text = formatResource(resource)
  const top = resource.reservations?.at(-1)
  if (!top || !isDynamic(resource)) return `Resource ${text} is not dynamically reserved`
  if (resource.disk?.persistence) return `A persistent volume ${text} must already be reserved`
  if (resource.revocable) return `Resource ${text} is revocable`
  if (!asker) return resource.allocation_info ? `Resource ${text} is allocated` : undefined
  const { framework } = asker
  const role = top.role ?? '*'
  const subscribed = framework.roles.some((own) => own === role || isStrictSubrole(role, own))
  if (!subscribed)
    return `A reserve operation was attempted for a resource allocated to role '${asker.role}', but the framework only has roles '${framework.roles.join(', ')}'`
  if (framework.info.principal === undefined || top.principal === framework.info.principal) return undefined
  return `A reserve operation was attempted by principal '${framework.info.principal}', but there is a reserved resource in the request with principal '${top.principal ?? ''}' set`
}

function unreserveProblem(resources: readonly mesos.Resource[]): Refusal {
  const invalid = validateResources(resources)
  if (invalid !== undefined) return `Invalid resources: ${invalid}`
  return firstProblem(resources, (resource) => {
    if (!isDynamic(resource)) return `Resource ${formatResource(resource)} is not dynamically reserved`
    if (!resource.disk?.persistence) return undefined
    return `A dynamically reserved persistent volume ${formatResource(resource)} cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource`
  })
}

function createProblem(agent: Agent, volumes: readonly mesos.Resource[], asker: Asker): Refusal {
  const invalid = validateResources(volumes)
  if (invalid !== undefined) return `Invalid resources: ${invalid}`
  return firstProblem(volumes, (volume) => volumeProblem(volume, asker)) ?? duplicateVolumeProblem(agent, volumes)
}

function volumeProblem(volume: mesos.Resource, asker: Asker): Refusal {
  const persistence = volume.disk?.persistence
  if (!persistence) return "Missing 'persistence' in 'disk' info: not a persistent volume"
  const id = idProblem(persistence.id)
  if (id !== undefined) return `Invalid persistence ID: ${id}`
  if (!volume.reservations?.length) return 'Persistent volumes cannot be created from unreserved resources'
  if (volume.revocable) return 'Persistent volumes cannot be created from revocable resources'
  if (!volume.disk?.volume) return "Expecting 'volume' to be set for persistent volume"
  if (volume.disk.volume.host_path !== undefined) return "Expecting 'host_path' to be unset for persistent volume"
  if (volume.disk.volume.mode !== 'RW') return 'Read-only persistent volume not supported'
  return asker && creatorProblem(volume, persistence, asker.framework)
}

function creatorProblem(
  volume: mesos.Resource,
  persistence: mesos.Resource_DiskInfo_Persistence,
  framework: Framework,
): Refusal {
  if (volume.shared && !framework.capabilities.has('SHARED_RESOURCES')) {
    return `Create volume operation has been attempted by framework with no SHARED_RESOURCES capability`
  }
  const { principal } = framework.info
  if (principal === undefined || persistence.principal === principal) return undefined
  return `Create volume operation has been attempted by principal '${principal}', but there is a volume in the operation with principal '${persistence.principal ?? ''}' set in 'DiskInfo.Persistence'`
}

function duplicateVolumeProblem(agent: Agent, volumes: readonly mesos.Resource[]): Refusal {
  const key = (volume: mesos.Resource): string => `${volume.reservations?.at(-1)?.role}/${volume.disk?.persistence?.id}`
  const seen = new Set(agent.total.persistentVolumes().toWire().map(key))
  return firstProblem(volumes, (volume) => {
    if (seen.has(key(volume))) return `Persistence ID '${volume.disk?.persistence?.id}' already exists on the agent`
    seen.add(key(volume))
    return undefined
  })
}

function destroyProblem(m: Master, agent: Agent, volumes: readonly mesos.Resource[]): Refusal {
  const invalid = validateResources(volumes)
  if (invalid !== undefined) return `Invalid resources: ${invalid}`
  const unallocated = Resources.fromWire(volumes).unallocated()
  if (!agent.total.contains(unallocated)) return 'Persistent volumes not found'
  return isInUse(m, agent, unallocated) ? 'Persistent volumes in use' : undefined
}

function isInUse(_m: Master, agent: Agent, volumes: Resources): boolean {
  for (const used of agent.used.byKey.values()) {
    const held = used.unallocated().persistentVolumes()
    if (volumes.items.some((volume) => held.items.some((item) => item.meta.key === volume.meta.key))) return true
  }
  return false
}

const canResize = (agent: Agent): boolean =>
  agent.capabilities.some((capability) => capability.type === 'RESIZE_VOLUME')

function growProblem(agent: Agent, { volume, addition }: mesos.Offer_Operation_GrowVolume): Refusal {
  const invalid = fieldProblem('GrowVolume.volume', volume) ?? fieldProblem('GrowVolume.addition', addition)
  if (invalid !== undefined) return invalid
  if ((addition.scalar?.value ?? 0) <= 0) return "The size of 'GrowVolume.addition' field must be greater than zero"
  const unfit = resizeProblem(volume, 'GrowVolume.volume', 'Growing')
  if (unfit !== undefined) return unfit
  if (!isSamePiece(volume, addition))
    return "Incompatible resources in the 'GrowVolume.volume' and 'GrowVolume.addition' fields"
  return canResize(agent)
    ? undefined
    : `Volume ${formatResource(volume)} cannot be grown on an agent without RESIZE_VOLUME capability`
}

function shrinkProblem(agent: Agent, { volume, subtract }: mesos.Offer_Operation_ShrinkVolume): Refusal {
  const invalid = fieldProblem('ShrinkVolume.volume', volume)
  if (invalid !== undefined) return invalid
  if (subtract.value <= 0) return "Value of 'ShrinkVolume.subtract' must be greater than zero"
  if (subtract.value >= (volume.scalar?.value ?? 0))
    return "Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'"
  if (volume.disk?.source?.type === 'MOUNT') return 'Shrinking a volume on a MOUNT disk is not supported'
  const unfit = resizeProblem(volume, 'ShrinkVolume.volume', 'Shrinking')
  if (unfit !== undefined) return unfit
  return canResize(agent)
    ? undefined
    : `Volume ${formatResource(volume)} cannot be shrunk on an agent without RESIZE_VOLUME capability`
}

function fieldProblem(field: string, resource: mesos.Resource): Refusal {
  const invalid = validateResources([resource])
  return invalid && `Invalid resource in the '${field}' field: ${invalid}`
}

function resizeProblem({ disk, shared }: mesos.Resource, field: string, change: 'Growing' | 'Shrinking'): Refusal {
  const problem = !disk
    ? 'Resource does not have DiskInfo'
    : !disk.persistence
      ? "'persistence' is not set in DiskInfo"
      : !disk.volume
        ? "Expecting 'volume' to be set for persistent volume"
        : undefined
  if (problem !== undefined) return `Invalid persistent volume in the '${field}' field: ${problem}`
  return shared ? `${change} a shared persistent volume is not supported` : undefined
}

/** Whether the space of a volume and an addition to it would be one resource; two MOUNT disks never are. */
function isSamePiece(volume: mesos.Resource, addition: mesos.Resource): boolean {
  const source = volume.disk?.source
  if (source?.type === 'MOUNT') return false
  const { disk: _disk, ...space } = volume
  return Resources.fromWire([{ ...space, ...(source && { disk: { source } }) }, addition]).toWire().length === 1
}
