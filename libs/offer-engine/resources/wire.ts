import type { mesos } from '@thermosphere/protocol'
import { createMeta } from './item.ts'
import type { Item, Meta } from './item.ts'
import { normalizeRanges, rangePairs } from './ranges.ts'
import { fromMilli, toMilli } from './scalar.ts'

/** The `reservations` form of a resource in any of the three formats. */
export function toPostRefinement(resource: mesos.Resource): mesos.Resource {
  if (resource.role === undefined && resource.reservation === undefined) return resource
  const { role, reservation, ...rest } = resource
  if ((rest.reservations?.length ?? 0) > 0 || role === undefined || role === '*') return rest
  const bottom: mesos.Resource_ReservationInfo = reservation
    ? { ...reservation, type: 'DYNAMIC', role }
    : { type: 'STATIC', role }
  return { ...rest, reservations: [bottom] }
}

/**
 * The `role` + `reservation` form for frameworks without RESERVATION_REFINEMENT;
 * undefined for a stack of two or more, which it cannot express.
 */
export function toPreRefinement(resource: mesos.Resource): mesos.Resource | undefined {
  const { reservations = [], ...rest } = toPostRefinement(resource)
  const [bottom, ...upper] = reservations
  if (upper.length > 0) return undefined
  return { ...rest, ...legacyFields(bottom) }
}

/** Both forms at once, as endpoints show resources; refined ones have only `reservations`. */
export function toEndpointFormat(resource: mesos.Resource): mesos.Resource {
  const post = toPostRefinement(resource)
  const [bottom, ...upper] = post.reservations ?? []
  return upper.length > 0 ? post : { ...post, ...legacyFields(bottom) }
}

function legacyFields(
  bottom: mesos.Resource_ReservationInfo | undefined,
): Pick<mesos.Resource, 'role' | 'reservation'> {
  if (!bottom) return { role: '*' }
  const role = bottom.role ?? '*'
  if (bottom.type !== 'DYNAMIC') return { role }
  const { type: _type, role: _role, ...reservation } = bottom
  return { role, reservation }
}

/**
 * Of resources that are nothing but a name and an amount, as almost all are: one for each role, type and name. By one
 * after the other, as a key made of them all would be a string more for each resource that is read.
 */
const plainMetas = new Map<string | undefined, Record<Item['type'], Map<string, Meta>>>()
let plainMetasCount = 0
/** Roles come and go; then it begins anew. */
const plainMetasMax = 10_000

function metaFromWire(post: mesos.Resource, type: Item['type']): Meta {
  const isPlain =
    !post.reservations?.length && !post.disk && !post.revocable && post.shared === undefined && !post.provider_id
  if (!isPlain) return createMetaFromWire(post, type)
  const role = post.allocation_info?.role
  const known = plainMetas.get(role)?.[type].get(post.name)
  if (known !== undefined) return known
  if (plainMetasCount++ >= plainMetasMax) {
    plainMetas.clear()
    plainMetasCount = 1
  }
  const ofRole = plainMetas.get(role) ?? { SCALAR: new Map(), RANGES: new Map(), SET: new Map() }
  const meta = createMetaFromWire(post, type)
  ofRole[type].set(post.name, meta)
  plainMetas.set(role, ofRole)
  return meta
}

const createMetaFromWire = (post: mesos.Resource, type: Item['type']): Meta =>
  createMeta(
    {
      name: post.name,
      allocationRole: post.allocation_info?.role,
      reservations: post.reservations ?? [],
      disk: post.disk,
      revocable: post.revocable,
      shared: post.shared !== undefined,
      providerId: post.provider_id?.value,
    },
    type,
  )

/** `resource` must be valid (see validateResource). */
export function itemFromWire(resource: mesos.Resource): Item {
  const post = toPostRefinement(resource)
  const type = post.type === 'RANGES' || post.type === 'SET' ? post.type : 'SCALAR'
  const meta = metaFromWire(post, type)
  if (type === 'RANGES') return { type, meta, copies: 1, ranges: rangesFromWire(post.ranges) }
  if (type === 'SET') return { type, meta, copies: 1, members: [...new Set(post.set?.item ?? [])].sort() }
  return { type, meta, copies: 1, milli: toMilli(post.scalar?.value ?? 0) }
}

export function rangesFromWire(ranges: mesos.Value_Ranges | undefined): readonly number[] {
  return normalizeRanges((ranges?.range ?? []).map(({ begin, end }) => [Number(begin), Number(end)]))
}

export function itemToWire(item: Item): mesos.Resource {
  const { meta } = item
  return {
    ...(meta.providerId !== undefined && { provider_id: { value: meta.providerId } }),
    name: meta.name,
    type: item.type,
    ...amountToWire(item),
    ...(meta.allocationRole !== undefined && { allocation_info: { role: meta.allocationRole } }),
    ...(meta.reservations.length > 0 && { reservations: [...meta.reservations] }),
    ...(meta.disk && { disk: meta.disk }),
    ...(meta.revocable && { revocable: meta.revocable }),
    ...(meta.shared && { shared: {} }),
  }
}

function amountToWire(item: Item): Pick<mesos.Resource, 'scalar' | 'ranges' | 'set'> {
  switch (item.type) {
    case 'SCALAR':
      return { scalar: { value: fromMilli(item.milli) } }
    case 'RANGES':
      return { ranges: { range: rangePairs(item.ranges).map(([begin, end]) => ({ begin, end })) } }
    case 'SET':
      return { set: { item: [...item.members] } }
  }
}
