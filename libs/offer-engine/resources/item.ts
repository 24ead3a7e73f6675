import type { mesos } from '@thermosphere/protocol'
import { addRanges, containsRanges, subtractRanges } from './ranges.ts'
import type { Ranges } from './ranges.ts'
import type { Milli } from './scalar.ts'

/** Everything of a resource but its amount. Two resources add up if their keys are equal. */
export interface Meta {
  readonly key: string
  readonly name: string
  /** Present on offered and used resources, absent on an agent's total. */
  readonly allocationRole: string | undefined
  /** Bottom to top; empty = unreserved. */
  readonly reservations: readonly mesos.Resource_ReservationInfo[]
  readonly disk: mesos.Resource_DiskInfo | undefined
  readonly revocable: mesos.Resource_RevocableInfo | undefined
  readonly shared: boolean
  readonly providerId: string | undefined
  /** MOUNT and BLOCK disks, identified RAW disks and persistent volumes: taken whole or not at all. */
  readonly whole: boolean
  /** Memo of the same resource with another allocation; `*bare` without one. */
  readonly variants: Map<string, Meta>
}

type MetaFields = Omit<Meta, 'key' | 'whole' | 'variants'>

/** One resource; `copies` counts the uses of a shared one and is 1 otherwise. */
export type Item =
  | { readonly type: 'SCALAR'; readonly meta: Meta; readonly copies: number; readonly milli: Milli }
  | { readonly type: 'RANGES'; readonly meta: Meta; readonly copies: number; readonly ranges: Ranges }
  | { readonly type: 'SET'; readonly meta: Meta; readonly copies: number; readonly members: readonly string[] }

export function createMeta(fields: MetaFields, type: Item['type']): Meta {
  const key = [
    fields.name,
    type,
    fields.allocationRole ?? '',
    fields.reservations.map(reservationKey).join('\u0001'),
    diskKey(fields.disk),
    fields.revocable ? 'revocable' : '',
    fields.shared ? 'shared' : '',
    fields.providerId ?? '',
  ].join('\u0000')
  return { ...fields, key, whole: isWhole(fields.disk), variants: new Map() }
}

function reservationKey(reservation: mesos.Resource_ReservationInfo): string {
  const { type, role, principal, labels } = reservation
  return JSON.stringify([type, role, principal ?? null, labelsKey(labels)])
}

/** Labels are compared as a bag: their order does not matter. */
function labelsKey(labels: mesos.Labels | undefined): readonly string[] {
  return (labels?.labels ?? []).map((label) => JSON.stringify([label.key, label.value ?? null])).sort()
}

/** `volume` says how a disk is used, not what it is, so it is no part of its identity; neither is the creator. */
function diskKey(disk: mesos.Resource_DiskInfo | undefined): string {
  const source = disk?.source
  if (!disk?.persistence && !source) return ''
  const origin = source && [
    source.type,
    source.path?.root ?? null,
    source.mount?.root ?? null,
    source.vendor ?? null,
    source.id ?? null,
    source.profile ?? null,
    labelsKey(source.metadata),
  ]
  return JSON.stringify([origin ?? null, disk.persistence?.id ?? null])
}

function isWhole(disk: mesos.Resource_DiskInfo | undefined): boolean {
  if (!disk) return false
  const source = disk.source
  if (disk.persistence) return true
  return source?.type === 'MOUNT' || source?.type === 'BLOCK' || (source?.type === 'RAW' && source.id !== undefined)
}

export function isEmptyItem(item: Item): boolean {
  if (item.type === 'SCALAR') return item.milli === 0
  return item.type === 'RANGES' ? item.ranges.length === 0 : item.members.length === 0
}

export function equalAmounts(left: Item, right: Item): boolean {
  if (left.type === 'SCALAR') return right.type === 'SCALAR' && left.milli === right.milli
  if (left.type === 'RANGES') return right.type === 'RANGES' && sameList(left.ranges, right.ranges)
  return right.type === 'SET' && sameList(left.members, right.members)
}

function sameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((value, i) => value === right[i])
}

export function sameKey(left: Meta, right: Meta): boolean {
  return left === right || left.key === right.key
}

export function addable(left: Item, right: Item): boolean {
  if (!sameKey(left.meta, right.meta)) return false
  if (left.meta.shared) return equalAmounts(left, right)
  return !left.meta.whole
}

/** Shared resources add up by copies; every other by amount. */
export function addItems(left: Item, right: Item): Item {
  if (left.meta.shared) return { ...left, copies: left.copies + right.copies }
  if (left.type === 'SCALAR' && right.type === 'SCALAR') {
    return { type: 'SCALAR', meta: left.meta, copies: 1, milli: left.milli + right.milli }
  }
  if (left.type === 'RANGES' && right.type === 'RANGES') {
    return { type: 'RANGES', meta: left.meta, copies: 1, ranges: addRanges(left.ranges, right.ranges) }
  }
  if (left.type === 'SET' && right.type === 'SET') {
    const members = [...new Set([...left.members, ...right.members])].sort()
    return { type: 'SET', meta: left.meta, copies: 1, members }
  }
  return left
}

export function subtractable(left: Item, right: Item): boolean {
  if (!sameKey(left.meta, right.meta)) return false
  return left.meta.shared || left.meta.whole ? equalAmounts(left, right) : true
}

/** What is left of `left`; `undefined` when nothing is. Never negative. */
export function subtractItems(left: Item, right: Item): Item | undefined {
  if (left.meta.shared) {
    return left.copies > right.copies ? { ...left, copies: left.copies - right.copies } : undefined
  }
  const rest = subtractAmounts(left, right)
  return isEmptyItem(rest) || (rest.type === 'SCALAR' && rest.milli < 0) ? undefined : rest
}

function subtractAmounts(left: Item, right: Item): Item {
  const { meta } = left
  if (left.type === 'SCALAR' && right.type === 'SCALAR') {
    return { type: 'SCALAR', meta, copies: 1, milli: left.milli - right.milli }
  }
  if (left.type === 'RANGES' && right.type === 'RANGES') {
    return { type: 'RANGES', meta, copies: 1, ranges: subtractRanges(left.ranges, right.ranges) }
  }
  if (left.type === 'SET' && right.type === 'SET') {
    return { type: 'SET', meta, copies: 1, members: left.members.filter((member) => !right.members.includes(member)) }
  }
  return left
}

export function itemContains(left: Item, right: Item): boolean {
  if (!subtractable(left, right)) return false
  if (left.meta.shared) return left.copies >= right.copies
  if (left.type === 'SCALAR' && right.type === 'SCALAR') return right.milli <= left.milli
  if (left.type === 'RANGES' && right.type === 'RANGES') return containsRanges(left.ranges, right.ranges)
  if (left.type === 'SET' && right.type === 'SET') return right.members.every((m) => left.members.includes(m))
  return false
}

export function withMeta(item: Item, change: Partial<MetaFields>): Item {
  return { ...item, meta: changedMeta(item, change) }
}

function changedMeta(item: Item, change: Partial<MetaFields>): Meta {
  const { key: _key, whole: _whole, variants: _variants, ...fields } = item.meta
  return createMeta({ ...fields, ...change }, item.type)
}

const bareVariant = '*bare'

/** The item allocated to `role`, or to none; cheap when done before. */
export function withAllocation(item: Item, role: string | undefined): Item {
  if (item.meta.allocationRole === role) return item
  const variant = role ?? bareVariant
  const known = item.meta.variants.get(variant)
  const meta = known ?? changedMeta(item, { allocationRole: role })
  if (!known) {
    item.meta.variants.set(variant, meta)
    meta.variants.set(item.meta.allocationRole ?? bareVariant, item.meta)
  }
  switch (item.type) {
    case 'SCALAR':
      return { type: 'SCALAR', meta, copies: item.copies, milli: item.milli }
    case 'RANGES':
      return { type: 'RANGES', meta, copies: item.copies, ranges: item.ranges }
    case 'SET':
      return { type: 'SET', meta, copies: item.copies, members: item.members }
  }
}

/** Whether any role has the resource for itself. */
export function isReserved(meta: Meta): boolean {
  return meta.reservations.length > 0
}

/** The role of the topmost reservation; `*` when unreserved. */
export function reservationRole(meta: Meta): string {
  return meta.reservations.at(-1)?.role ?? '*'
}

/** Whether `role` lies strictly below `ancestor` in the role tree. */
export function isStrictSubrole(role: string, ancestor: string): boolean {
  return role.length > ancestor.length && role.startsWith(ancestor) && role[ancestor.length] === '/'
}

/** Unreserved, or reserved to `role` or to one of its ancestors. */
export function isAllocatableTo(meta: Meta, role: string): boolean {
  if (meta.reservations.length === 0) return true
  const reserved = reservationRole(meta)
  return reserved === role || isStrictSubrole(role, reserved)
}
