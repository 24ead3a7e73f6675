import type { mesos } from '@thermosphere/protocol'
import { formatLabels, formatResource } from './format.ts'
import { isStrictSubrole } from './item.ts'
import { validateRole } from './roles.ts'
import { toMilli } from './scalar.ts'

type Refusal = string | undefined

/** The first thing wrong with any of `resources`, in Mesos' words: `Resource 'X' is invalid: …`. */
export function validateResources(resources: readonly mesos.Resource[]): Refusal {
  for (const resource of resources) {
    const error = validateResource(resource)
    if (error !== undefined) return `Resource '${formatResource(resource)}' is invalid: ${error}`
  }
  return undefined
}

/** What is wrong with `resource`, in Mesos' words; accepts the legacy, the refined and the endpoint format. */
export function validateResource(resource: mesos.Resource): Refusal {
  if (resource.name === '') return 'Empty resource name'
  return (
    validateAmount(resource) ?? validateDisk(resource) ?? validateReservations(resource) ?? validateShared(resource)
  )
}

function validateAmount(resource: mesos.Resource): Refusal {
  const { scalar, ranges, set } = resource
  switch (resource.type) {
    case 'SCALAR':
      if (!scalar || ranges || set) return 'Invalid scalar resource'
      return validateScalar(scalar.value)
    case 'RANGES':
      if (scalar || !ranges || set) return 'Invalid ranges resource'
      return validateRanges(ranges)
    case 'SET':
      if (scalar || ranges || !set) return 'Invalid set resource'
      return new Set(set.item).size < (set.item ?? []).length ? 'Invalid set resource: duplicated elements' : undefined
    default:
      return 'Unsupported resource type'
  }
}

function validateScalar(value: number): Refusal {
  if (value === 0) return undefined
  if (Number.isNaN(value) || toMilli(value) <= 0) return 'Invalid scalar resource: value <= 0'
  return Number.isSafeInteger(toMilli(value)) ? undefined : 'Invalid scalar resource: value too large'
}

function validateRanges(ranges: mesos.Value_Ranges): Refusal {
  const pairs = (ranges.range ?? []).map(({ begin, end }) => [Number(begin), Number(end)] as const)
  if (pairs.some(([begin, end]) => begin > end)) return 'Invalid ranges resource: begin > end'
  if (pairs.some(([, end]) => !Number.isSafeInteger(end))) return 'Invalid ranges resource: end too large'
  const sorted = pairs.toSorted((a, b) => a[0] - b[0])
  const overlapping = sorted.some(([begin], i) => i > 0 && begin <= (sorted[i - 1]?.[1] ?? -1))
  return overlapping ? 'Invalid ranges resource: overlapping ranges' : undefined
}

function validateDisk(resource: mesos.Resource): Refusal {
  if (!resource.disk) return undefined
  if (resource.name !== 'disk') return `DiskInfo should not be set for ${resource.name} resource`
  const source = resource.disk.source
  if (!source) return undefined
  if (source.type === 'UNKNOWN') return `Unsupported 'DiskInfo.Source.Type' in 'UNKNOWN'`
  if (source.type !== 'BLOCK' && source.type !== 'RAW') return undefined
  if (source.mount) return `Mount should not be set for ${source.type} disk source`
  return source.path ? `Path should not be set for ${source.type} disk source` : undefined
}

function validateReservations(resource: mesos.Resource): Refusal {
  const reservations = resource.reservations ?? []
  if (reservations.length === 0) return validateLegacy(resource)
  return validateStack(reservations) ?? validateEndpointFields(resource, reservations)
}

function validateLegacy({ role = '*', reservation }: mesos.Resource): Refusal {
  const error = validateRole(role)
  if (error !== undefined || !reservation) return error
  if (reservation.type !== undefined) {
    return `'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field`
  }
  if (reservation.role !== undefined) {
    return `'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field`
  }
  return role === '*' ? 'Invalid reservation: role "*" cannot be dynamically reserved' : undefined
}

function validateStack(reservations: readonly mesos.Resource_ReservationInfo[]): Refusal {
  for (const { type, role } of reservations) {
    if (type === undefined) return `Invalid reservation: 'Resource.ReservationInfo.type' field must be set.`
    if (role === undefined) return `Invalid reservation: 'Resource.ReservationInfo.role' field must be set.`
    const error = validateRole(role)
    if (error !== undefined) return error
    if (role === '*') return 'Invalid reservation: role "*" cannot be reserved'
  }
  let ancestor = reservations[0]?.role ?? ''
  for (const { type, role = '' } of reservations.slice(1)) {
    if (type === 'STATIC') return 'Invalid refined reservation: A refined reservation cannot be STATIC'
    if (!isStrictSubrole(role, ancestor)) {
      return `Invalid refined reservation: role '${role}' is not a refinement of '${ancestor}'`
    }
    ancestor = role
  }
  return undefined
}

const stack = `'Resource.reservations'`
const single = `the single reservation in ${stack}`

function misformatted(detail: string): string {
  return `Invalid resource format: ${detail}`
}

function mismatch(fields: { field: string; legacy: string; what: string; refined: string }): string {
  const { field, legacy, what, refined } = fields
  const legacyText = `'Resource.${field}' field with '${legacy}'`
  return misformatted(`${legacyText} does not match the ${what} '${refined}' in ${stack}`)
}

/** The legacy fields may be there as well, if they say the same. */
function validateEndpointFields(
  resource: mesos.Resource,
  [bottom, ...upper]: readonly mesos.Resource_ReservationInfo[],
): Refusal {
  if (upper.length > 0) {
    const field = resource.role !== undefined ? 'role' : resource.reservation ? 'reservation' : undefined
    return (
      field && misformatted(`'Resource.${field}' must not be set if there is more than one reservation in ${stack}`)
    )
  }
  if (resource.role !== undefined && resource.role !== bottom?.role) {
    return mismatch({ field: 'role', legacy: resource.role, what: 'role', refined: bottom?.role ?? '' })
  }
  if (bottom?.type === 'STATIC') {
    return resource.reservation
      ? misformatted(`'Resource.reservation' must not be set if ${single} is STATIC`)
      : undefined
  }
  return bottom?.type === 'DYNAMIC' ? validateDynamic(resource, bottom) : `Unsupported 'Resource.ReservationInfo.Type'`
}

function validateDynamic({ role, reservation }: mesos.Resource, bottom: mesos.Resource_ReservationInfo): Refusal {
  if ((role !== undefined) !== (reservation !== undefined)) {
    const both = `'Resource.role' and 'Resource.reservation' must either be both set or both not set`
    return misformatted(`${both} if ${single} is DYNAMIC`)
  }
  if (!reservation) return undefined
  const [legacyPrincipal, principal] = [reservation.principal ?? '', bottom.principal ?? '']
  if (legacyPrincipal !== principal) {
    return mismatch({
      field: 'reservation.principal',
      legacy: legacyPrincipal,
      what: 'principal',
      refined: principal,
    })
  }
  const [legacyLabels, labels] = [formatLabels(reservation.labels ?? {}), formatLabels(bottom.labels ?? {})]
  return legacyLabels === labels
    ? undefined
    : mismatch({ field: 'reservation.labels', legacy: legacyLabels, what: 'labels', refined: labels })
}

function validateShared(resource: mesos.Resource): Refusal {
  if (!resource.shared) return undefined
  if (resource.name !== 'disk') return `Resource ${resource.name} cannot be shared`
  return resource.disk?.persistence ? undefined : 'Only persistent volumes can be shared'
}
