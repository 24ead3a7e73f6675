import type { mesos } from '@thermosphere/protocol'
import { formatItem, formatResource } from './format.ts'
import {
  addable,
  addItems,
  equalAmounts,
  isAllocatableTo,
  isEmptyItem,
  isReserved,
  itemContains,
  reservationRole,
  subtractable,
  subtractItems,
  withAllocation,
  withMeta,
} from './item.ts'
import type { Item } from './item.ts'
import { operationConversions } from './operations.ts'
import type { Conversion } from './operations.ts'
import { parseResources } from './parse.ts'
import type { Quantities } from './quantities.ts'
import { addRanges, rangesSize } from './ranges.ts'
import type { Ranges } from './ranges.ts'
import type { Milli } from './scalar.ts'
import { validateResource } from './validate.ts'
import { itemFromWire, itemToWire } from './wire.ts'

/** `error` is in Mesos' words. */
export type ApplyResult =
  { readonly ok: true; readonly resources: Resources } | { readonly ok: false; readonly error: string }

const unknownTraits = -1
const reservedTrait = 1
const sharedTrait = 2
const otherTrait = 4

function traitsOf(items: readonly Item[]): number {
  let traits = 0
  for (const { meta } of items) {
    if (meta.reservations.length > 0) traits |= reservedTrait
    if (meta.shared) traits |= sharedTrait
    if (meta.revocable !== undefined || meta.disk !== undefined || meta.providerId !== undefined) traits |= otherTrait
  }
  return traits
}

/**
 * An immutable bag of resources with exact arithmetic; equal resources are merged, empty ones dropped.
 *
 * @example
 * Resources.parse('cpus:4;mem:1024').subtract(Resources.parse('cpus:0.1')).toString() // 'cpus:3.9; mem:1024'
 */
export class Resources {
  static readonly empty = new Resources([])
  readonly items: readonly Item[]
  /** What this was before it was allocated: the way back costs nothing, and the same stays the same object. */
  private bare: Resources | undefined
  /** The same allocated to the role it was last allocated to: agents of one size share it. */
  private allocated: Resources | undefined
  /** Traits that any of the items has, once asked for. */
  private traitsKnown = unknownTraits

  private constructor(items: readonly Item[]) {
    this.items = items
  }

  private get traits(): number {
    if (this.traitsKnown === unknownTraits) this.traitsKnown = traitsOf(this.items)
    return this.traitsKnown
  }

  /** Nothing reserved, shared, revocable or on a disk of its own kind. */
  get isPlain(): boolean {
    return this.traits === 0
  }

  get hasShared(): boolean {
    return (this.traits & sharedTrait) !== 0
  }

  /** Invalid and empty resources are left out; check with validateResources first where they matter. */
  static fromWire(wire: readonly mesos.Resource[] | undefined): Resources {
    const items: Item[] = []
    for (const resource of wire ?? [])
      if (validateResource(resource) === undefined) addInto(items, itemFromWire(resource))
    return items.length === 0 ? Resources.empty : new Resources(items)
  }

  static fromItems(items: Iterable<Item>): Resources {
    const result: Item[] = []
    for (const item of items) addInto(result, item)
    return result.length === 0 ? Resources.empty : new Resources(result)
  }

  /** `cpus:4;mem(ads):2048;ports:[31000-32000]` or a JSON array. Throws ResourceParseError. */
  static parse(text: string, options: { role?: string } = {}): Resources {
    return Resources.fromWire(parseResources(text, options.role))
  }

  /** In the refined (`reservations`) format. */
  toWire(): mesos.Resource[] {
    return this.items.map(itemToWire)
  }

  isEmpty(): boolean {
    return this.items.length === 0
  }

  add(that: Resources): Resources {
    if (that.isEmpty()) return this
    if (this.isEmpty()) return that
    const items = [...this.items]
    for (const item of that.items) addInto(items, item)
    return new Resources(items)
  }

  /** Adds resources that are known to merge with none of these. */
  concat(that: Resources): Resources {
    if (that.isEmpty()) return this
    return this.isEmpty() ? that : new Resources([...this.items, ...that.items])
  }

  /** What is not there is silently not taken; the result is never negative. */
  subtract(that: Resources): Resources {
    if (that.isEmpty() || this.isEmpty()) return this
    if (this === that) return Resources.empty
    const items = [...this.items]
    for (const item of that.items) subtractFrom(items, item)
    return items.length === 0 ? Resources.empty : new Resources(items)
  }

  contains(that: Resources): boolean {
    if (this === that) return true
    let rest: readonly Item[] = this.items
    for (const item of that.items) {
      const at = rest.findIndex((mine) => itemContains(mine, item))
      if (at < 0) return false
      // Whole resources never merge, so the same volume twice needs it twice.
      if (item.meta.whole && !item.meta.shared) rest = rest.toSpliced(at, 1)
    }
    return true
  }

  equals(that: Resources): boolean {
    return this === that || (this.contains(that) && that.contains(this))
  }

  /** The same items in the same order. */
  isSame(that: Resources): boolean {
    if (this === that) return true
    return this.items.length === that.items.length && this.items.every((item, i) => isSameItem(item, that.items[i]))
  }

  /** Equal for those that are the same. */
  hash(): number {
    let hash = this.items.length
    for (const item of this.items) hash = (Math.imul(hash, 31) + (item.type === 'SCALAR' ? item.milli : 7)) | 0
    return hash
  }

  filter(predicate: (item: Item) => boolean): Resources {
    const { items } = this
    let same = 0
    while (same < items.length && predicate(items[same] as Item)) same++
    if (same === items.length) return this
    const kept = items.filter((item, i) => i < same || (i > same && predicate(item)))
    return kept.length === 0 ? Resources.empty : new Resources(kept)
  }

  map(change: (item: Item) => Item): Resources {
    return Resources.fromItems(this.items.map(change))
  }

  named(name: string): Resources {
    return this.filter((item) => item.meta.name === name)
  }

  /** Sum of the scalars of that name over all roles. */
  scalar(name: string): Milli {
    let sum = 0
    for (const item of this.items) if (item.type === 'SCALAR' && item.meta.name === name) sum += item.milli
    return sum
  }

  ranges(name: string): Ranges {
    let union: Ranges = []
    for (const item of this.items) {
      if (item.type === 'RANGES' && item.meta.name === name) union = addRanges(union, item.ranges)
    }
    return union
  }

  members(name: string): readonly string[] {
    const items = this.items.filter((item) => item.type === 'SET' && item.meta.name === name)
    return [...new Set(items.flatMap((item) => (item.type === 'SET' ? item.members : [])))].sort()
  }

  /** Names in order of first appearance. */
  names(): string[] {
    return [...new Set(this.items.map((item) => item.meta.name))]
  }

  unreserved(): Resources {
    return this.filter((item) => !isReserved(item.meta))
  }

  /** With the topmost reservation to `role`; to any role when left out. */
  reserved(role?: string): Resources {
    return this.filter((item) => isReserved(item.meta) && (role === undefined || reservationRole(item.meta) === role))
  }

  /** Reserved resources by the role of the topmost reservation. */
  reservations(): Map<string, Resources> {
    return groupItems(
      this.items.filter((item) => isReserved(item.meta)),
      (item) => reservationRole(item.meta),
    )
  }

  /** By the role that they are allocated to. */
  allocations(): Map<string, Resources> {
    const [first, ...others] = this.items
    const role = first?.meta.allocationRole ?? '*'
    if (first && others.every(({ meta }) => (meta.allocationRole ?? '*') === role)) return new Map([[role, this]])
    return groupItems(this.items, (item) => item.meta.allocationRole ?? '*')
  }

  /** Unreserved, or reserved to `role` or an ancestor of it. */
  allocatableTo(role: string): Resources {
    if ((this.traits & reservedTrait) === 0) return this
    return this.filter((item) => isAllocatableTo(item.meta, role))
  }

  revocable(): Resources {
    return this.filter((item) => item.meta.revocable !== undefined)
  }

  nonRevocable(): Resources {
    return this.filter((item) => item.meta.revocable === undefined)
  }

  shared(): Resources {
    return this.hasShared ? this.filter((item) => item.meta.shared) : Resources.empty
  }

  nonShared(): Resources {
    return this.hasShared ? this.filter((item) => !item.meta.shared) : this
  }

  scalars(): Resources {
    return this.filter((item) => item.type === 'SCALAR')
  }

  persistentVolumes(): Resources {
    return this.filter((item) => item.meta.disk?.persistence !== undefined)
  }

  /** Marked as offered to or used by `role`. */
  allocatedTo(role: string): Resources {
    return this.withAllocation(role)
  }

  unallocated(): Resources {
    return this.withAllocation(undefined)
  }

  private withAllocation(role: string | undefined): Resources {
    if (role === undefined && this.bare) return this.bare
    if (role !== undefined && this.allocated?.items[0]?.meta.allocationRole === role) return this.allocated
    const from = this.items[0]?.meta.allocationRole
    const isUniform = this.items.every((item) => item.meta.allocationRole === from)
    if (isUniform && from === role) return this
    const items = this.items.map((item) => withAllocation(item, role))
    // Resources of one allocation stay distinct in another; those of several may merge.
    if (!isUniform) return Resources.fromItems(items)
    const allocated = new Resources(items)
    if (from === undefined) {
      allocated.bare = this
      this.allocated = allocated
    }
    return allocated
  }

  /** All reservations taken off. */
  toUnreserved(): Resources {
    return this.map((item) => (isReserved(item.meta) ? withMeta(item, { reservations: [] }) : item))
  }

  pushReservation(reservation: mesos.Resource_ReservationInfo): Resources {
    return this.map((item) => withMeta(item, { reservations: [...item.meta.reservations, reservation] }))
  }

  popReservation(): Resources {
    return this.map((item) => withMeta(item, { reservations: item.meta.reservations.slice(0, -1) }))
  }

  /** Scalars summed by name, over all roles; shared ones count once. */
  scalarQuantities(): Quantities {
    const result = new Map<string, Milli>()
    for (const item of this.items) {
      if (item.type === 'SCALAR') result.set(item.meta.name, (result.get(item.meta.name) ?? 0) + item.milli)
    }
    return result
  }

  /** Enough of each name; of ranges the number of values counts, of sets that of members. */
  containsQuantities(quantities: Quantities): boolean {
    for (const [name, milli] of quantities) if (this.quantity(name) < milli) return false
    return true
  }

  /** Scalar in thousandths, or a thousand for each value of a range or member of a set. */
  quantity(name: string): Milli {
    let sum = 0
    for (const item of this.items) if (item.meta.name === name) sum += amountOf(item)
    return sum
  }

  /** RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME and SHRINK_VOLUME; the operation must be valid. */
  apply(operation: mesos.Offer_Operation): ApplyResult {
    const conversions = operationConversions(operation)
    if (typeof conversions === 'string') return { ok: false, error: `Cannot get conversions: ${conversions}` }
    return this.convert(conversions)
  }

  /** Takes out each `consumed` and puts in its `converted`, in order; all or nothing. */
  convert(conversions: readonly Conversion[]): ApplyResult {
    let result: ApplyResult = { ok: true, resources: this }
    for (const conversion of conversions) {
      if (!result.ok) return result
      result = result.resources.convertOne(conversion)
    }
    return result
  }

  private convertOne(conversion: Conversion): ApplyResult {
    const consumed = Resources.fromWire(conversion.consumed)
    if (!this.contains(consumed)) {
      return { ok: false, error: `${this.toString()} does not contain ${consumed.toString()}` }
    }
    const resources = this.subtract(consumed).add(Resources.fromWire(conversion.converted))
    const volume = conversion.mustVanish
    if (!volume || !resources.contains(Resources.fromWire([volume]))) return { ok: true, resources }
    const text = formatResource(volume)
    return { ok: false, error: `Persistent volume ${text} cannot be removed due to additional shared copies` }
  }

  /** As Mesos prints resources: `cpus(allocated: r):0.1; ports(allocated: r):[31000-32000]`; `{}` when empty. */
  toString(): string {
    return this.isEmpty() ? '{}' : this.items.map(formatItem).join('; ')
  }
}

const isSameItem = (left: Item, right: Item | undefined): boolean =>
  left.meta === right?.meta && left.copies === right.copies && equalAmounts(left, right)

function addInto(items: Item[], item: Item): void {
  if (isEmptyItem(item)) return
  for (let i = 0; i < items.length; i++) {
    const mine = items[i] as Item
    if (!addable(mine, item)) continue
    items[i] = addItems(mine, item)
    return
  }
  items.push(item)
}

/** The last item takes the place of one that is used up, as in Mesos, whose messages show the order. */
function subtractFrom(items: Item[], item: Item): void {
  const at = items.findIndex((mine) => subtractable(mine, item))
  const mine = items[at]
  if (!mine) return
  const rest = subtractItems(mine, item)
  const last = items.length - 1
  if (rest) items[at] = rest
  else {
    items[at] = items[last] as Item
    items.length = last
  }
}

function groupItems(items: readonly Item[], key: (item: Item) => string): Map<string, Resources> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return new Map([...groups].map(([name, members]) => [name, Resources.fromItems(members)]))
}

function amountOf(item: Item): Milli {
  if (item.type === 'SCALAR') return item.milli
  return 1000 * (item.type === 'RANGES' ? rangesSize(item.ranges) : item.members.length)
}
