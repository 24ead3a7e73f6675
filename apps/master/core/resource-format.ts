import type { mesos } from '@thermosphere/protocol'
import { toEndpointFormat, toPostRefinement, toPreRefinement } from '@thermosphere/offer-engine'

type Resource = mesos.Resource

/** Both spellings of reservations, as endpoints show them. */
export const endpointFormat = (resources: readonly Resource[]): Resource[] => resources.map(toEndpointFormat)

/** As a framework with these capabilities expects its offers; what it cannot express is left out. */
export function frameworkFormat(resources: readonly Resource[], capabilities: ReadonlySet<string>): Resource[] {
  const refinement = capabilities.has('RESERVATION_REFINEMENT')
  const multiRole = capabilities.has('MULTI_ROLE')
  return resources.flatMap((resource) => {
    const spelled = refinement ? resource : toPreRefinement(resource)
    if (!spelled || multiRole) return spelled ?? []
    const { allocation_info: _allocation, ...unallocated } = spelled
    return unallocated
  })
}

/** With the offer's role where the framework left it out, as single-role frameworks do. */
export function withAllocation(resources: readonly Resource[] | undefined, role: string): Resource[] {
  return (resources ?? []).map((resource) => {
    const spelled = toPostRefinement(resource)
    return spelled.allocation_info?.role === undefined ? { ...spelled, allocation_info: { role } } : spelled
  })
}

/** An agent's resource before dynamic reservations and volumes: what its total was configured as. */
export function stripped(resource: Resource): Resource {
  const { disk, shared: _shared, reservations, ...rest } = toPostRefinement(resource)
  const fixed = reservations?.filter((reservation) => reservation.type !== 'DYNAMIC') ?? []
  const source = disk?.source
  return { ...rest, ...(fixed.length > 0 && { reservations: fixed }), ...(source && { disk: { source } }) }
}
