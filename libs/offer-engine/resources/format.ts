import type { mesos } from '@thermosphere/protocol'
import type { Item } from './item.ts'
import { itemToWire, toPostRefinement } from './wire.ts'

/** As Mesos prints a resource: `disk(allocated: r)(reservations: [(DYNAMIC,r,p)])[id:path]:64`. Needs no validity. */
export function formatResource(resource: mesos.Resource): string {
  const post = toPostRefinement(resource)
  const reservations = post.reservations ?? []
  return [
    post.name,
    post.allocation_info ? `(allocated: ${post.allocation_info.role ?? ''})` : '',
    reservations.length > 0
      ? `(reservations: [${reservations.map((r) => `(${formatReservation(r)})`).join(',')}])`
      : '',
    post.disk ? `[${formatDisk(post.disk)}]` : '',
    post.revocable ? '{REV}' : '',
    post.shared ? '<SHARED>' : '',
    ':',
    formatAmount(post),
  ].join('')
}

export function formatItem(item: Item): string {
  return formatResource(itemToWire(item)) + (item.meta.shared ? `<${item.copies}>` : '')
}

function formatAmount(resource: mesos.Resource): string {
  switch (resource.type) {
    case 'RANGES':
      return `[${(resource.ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(', ')}]`
    case 'SET':
      return `{${(resource.set?.item ?? []).join(', ')}}`
    default:
      return formatDouble(resource.scalar?.value ?? 0)
  }
}

/** At most three decimals; scalars count in thousandths. */
function formatDouble(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(3))) : String(value)
}

function formatReservation(reservation: mesos.Resource_ReservationInfo): string {
  const parts = [reservation.type ?? 'UNKNOWN', reservation.role ?? '']
  if (reservation.principal !== undefined) parts.push(reservation.principal)
  if (reservation.labels) parts.push(formatLabels(reservation.labels))
  return parts.join(',')
}

/** `{key: value, key}` */
export function formatLabels(labels: mesos.Labels): string {
  const texts = (labels.labels ?? []).map(({ key, value }) => (value === undefined ? key : `${key}: ${value}`))
  return `{${texts.join(', ')}}`
}

function formatDisk(disk: mesos.Resource_DiskInfo): string {
  const identity = [disk.source && formatSource(disk.source), disk.persistence?.id].filter((part) => part !== undefined)
  return identity.join(',') + (disk.volume ? `:${formatVolume(disk.volume)}` : '')
}

function formatSource(source: mesos.Resource_DiskInfo_Source): string {
  if (source.id !== undefined || source.profile !== undefined) {
    return `${source.type}(${source.vendor ?? ''},${source.id ?? ''},${source.profile ?? ''})`
  }
  const root = source.type === 'MOUNT' ? source.mount?.root : source.type === 'PATH' ? source.path?.root : undefined
  return root === undefined ? source.type : `${source.type}:${root}`
}

function formatVolume(volume: mesos.Volume): string {
  if (volume.host_path === undefined) return volume.container_path
  return `${volume.host_path}:${volume.container_path}:${volume.mode === 'RO' ? 'ro' : 'rw'}`
}
