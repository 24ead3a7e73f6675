import type { mesos } from '@thermosphere/protocol'
import { formatResource, Resources } from '@thermosphere/offer-engine'
import { idProblem } from './ids.ts'

type Refusal = string | undefined
type User = 'Task' | 'Executor'

/** What holds for the resources of tasks and executors alike, beyond their form. */
export function resourceUseProblem(user: User, resources: readonly mesos.Resource[]): Refusal {
  const invalid = kindProblem(resources)
  if (invalid !== undefined) return `${user} uses invalid resources: ${invalid}`
  const repeated = repeatedVolume(resources)
  if (repeated !== undefined) return `${user} uses duplicate persistence ID: ${repeated}`
  const roles = severalRoles(resources)
  if (roles !== undefined) return `Invalid ${user.toLowerCase()} resources: ${roles}`
  const mixed = mixedRevocable(resources)
  return mixed && `${user} mixes revocable and non-revocable resources: ${mixed}`
}

function kindProblem(resources: readonly mesos.Resource[]): Refusal {
  const gpus = resources
    .filter(({ name }) => name === 'gpus')
    .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0)
  if (!Number.isInteger(gpus)) return "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer"
  for (const resource of resources) {
    const disk = resource.disk && diskProblem(resource, resource.disk)
    if (disk !== undefined) return `Invalid DiskInfo: ${disk}`
    if (resource.revocable && resource.reservations?.at(-1)?.type === 'DYNAMIC') {
      const what = `Dynamically reserved resource ${formatResource(resource)}`
      return `Invalid ReservationInfo: ${what} cannot be created from revocable resources`
    }
  }
  return undefined
}

function diskProblem(
  { revocable, reservations }: mesos.Resource,
  { persistence, volume, source }: mesos.Resource_DiskInfo,
): Refusal {
  if (!persistence) {
    if (volume) return 'Non-persistent volume not supported'
    return source ? undefined : 'DiskInfo is set but empty'
  }
  if (revocable) return 'Persistent volumes cannot be created from revocable resources'
  if (!reservations?.length) return 'Persistent volumes cannot be created from unreserved resources'
  if (!volume) return "Expecting 'volume' to be set for persistent volume"
  if (volume.host_path !== undefined) return "Expecting 'host_path' to be unset for persistent volume"
  const id = idProblem(persistence.id)
  return id && `Invalid persistence ID for persistent volume: ${id}`
}

function repeatedVolume(resources: readonly mesos.Resource[]): Refusal {
  const seen = new Set<string>()
  for (const { disk, reservations } of resources) {
    if (!disk?.persistence) continue
    const { id } = disk.persistence
    const key = `${reservations?.at(-1)?.role}/${id}`
    if (seen.has(key)) return `Persistence ID '${id}' is not unique`
    seen.add(key)
  }
  return undefined
}

function severalRoles(resources: readonly mesos.Resource[]): Refusal {
  const [first, ...others] = resources.map(({ allocation_info }) => allocation_info?.role)
  const other = others.find((role) => role !== first)
  return (
    other &&
    `The resources have multiple allocation roles ('${other}' and '${first}') but only one allocation role is allowed`
  )
}

function mixedRevocable(resources: readonly mesos.Resource[]): Refusal {
  const isRevocable = new Map<string, boolean>()
  for (const { name, revocable } of resources) {
    const is = revocable !== undefined
    if ((isRevocable.get(name) ?? is) !== is)
      return `Cannot use both revocable and non-revocable '${name}' at the same time`
    isRevocable.set(name, is)
  }
  return undefined
}

/** Of those who are started together: how a refusal speaks of them, and their resources. */
type Together = {
  /** `Task and its executor use`, and the like. */
  readonly use: string
  readonly mix: string
  readonly overlap: string
  readonly all: readonly (readonly mesos.Resource[])[]
}

/** Why they cannot have their resources together. */
export function togetherProblem({ use, mix, overlap, all }: Together): Refusal {
  const total = Resources.fromWire(all.flat()).toWire()
  const repeated = repeatedVolume(total)
  if (repeated !== undefined) return `${use} duplicate persistence ID: ${repeated}`
  const mixed = mixedRevocable(total)
  if (mixed !== undefined) return `${mix} revocable and non-revocable resources: ${mixed}`
  return doOverlap(all) ? overlap : undefined
}

/** Ranges and sets are not amounts: two cannot have the same port. */
function doOverlap(all: readonly (readonly mesos.Resource[])[]): boolean {
  const countOf = (resources: readonly mesos.Resource[]): number =>
    Resources.fromWire(resources)
      .toWire()
      .reduce((sum, resource) => sum + itemCount(resource), 0)
  return countOf(all.flat()) !== all.reduce((sum, resources) => sum + countOf(resources), 0)
}

const itemCount = ({ ranges, set }: mesos.Resource): number =>
  (ranges?.range ?? []).reduce((sum, { begin, end }) => sum + Number(end) - Number(begin) + 1, 0) +
  (set?.item ?? []).length

export const resourcesText = (resources: readonly mesos.Resource[] | undefined): string =>
  Resources.fromWire(resources ?? []).toString()
