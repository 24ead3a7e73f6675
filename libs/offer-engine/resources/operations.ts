import type { mesos } from '@thermosphere/protocol'
import { fromMilli, toMilli } from './scalar.ts'
import { toPostRefinement } from './wire.ts'

/** One step of an operation; `mustVanish` must not be there afterwards (a shared volume still in use elsewhere). */
export interface Conversion {
  readonly consumed: readonly mesos.Resource[]
  readonly converted: readonly mesos.Resource[]
  readonly mustVanish?: mesos.Resource
}

/** What an operation takes and gives; a string says why it cannot be converted. */
export function operationConversions(operation: mesos.Offer_Operation): readonly Conversion[] | string {
  switch (operation.type) {
    case 'RESERVE':
      return reserve(operation.reserve)
    case 'UNRESERVE':
      return (operation.unreserve?.resources ?? []).map(unreserve)
    case 'CREATE':
      return (operation.create?.volumes ?? []).map((volume) => ({
        consumed: [withoutVolume(volume)],
        converted: [volume],
      }))
    case 'DESTROY':
      return (operation.destroy?.volumes ?? []).map(destroy)
    case 'GROW_VOLUME':
      return operation.grow_volume ? grow(operation.grow_volume) : 'Unknown operation'
    case 'SHRINK_VOLUME':
      return operation.shrink_volume ? shrink(operation.shrink_volume) : 'Unknown operation'
    case undefined:
    case 'UNKNOWN':
      return 'Unknown operation'
    default:
      return 'Operation not supported'
  }
}

function reserve(operation: mesos.Offer_Operation_Reserve | undefined): readonly Conversion[] {
  const converted = operation?.resources ?? []
  const source = operation?.source ?? []
  return [{ consumed: source.length > 0 ? source : converted.map(withoutTopReservation), converted }]
}

function unreserve(resource: mesos.Resource): Conversion {
  return { consumed: [resource], converted: [withoutTopReservation(resource)] }
}

function destroy(volume: mesos.Resource): Conversion {
  return { consumed: [volume], converted: [withoutVolume(volume)], mustVanish: volume }
}

function withoutTopReservation(resource: mesos.Resource): mesos.Resource {
  const post = toPostRefinement(resource)
  return { ...post, reservations: (post.reservations ?? []).slice(0, -1) }
}

function grow({ volume, addition }: mesos.Offer_Operation_GrowVolume): readonly Conversion[] | string {
  if (volume.provider_id) return 'Operation not supported for resource provider'
  const size = toMilli(volume.scalar?.value ?? 0) + toMilli(addition.scalar?.value ?? 0)
  return [{ consumed: [volume, addition], converted: [{ ...volume, scalar: { value: fromMilli(size) } }] }]
}

function shrink({ volume, subtract }: mesos.Offer_Operation_ShrinkVolume): readonly Conversion[] | string {
  if (volume.provider_id) return 'Operation not supported for resource provider'
  const size = toMilli(volume.scalar?.value ?? 0) - toMilli(subtract.value)
  const shrunk: mesos.Resource = { ...volume, scalar: { value: fromMilli(size) } }
  const freed: mesos.Resource = { ...withoutVolume(volume), scalar: { value: subtract.value } }
  return [{ consumed: [volume], converted: [shrunk, freed] }]
}

/** The disk that a persistent volume was made of. */
export function withoutVolume(volume: mesos.Resource): mesos.Resource {
  const { disk, shared: _shared, ...rest } = volume
  return disk?.source ? { ...rest, disk: { source: disk.source } } : rest
}
