import type { mesos } from '@thermosphere/protocol'
import {
  formatMilli,
  intersectRanges,
  isReserved,
  reservationRole,
  Resources,
  toMilli,
  toPreRefinement,
} from '../resources/index.ts'
import type { Item, Meta, Milli, Ranges } from '../resources/index.ts'
import { unfulfilledConstraints } from './constraints.ts'
import { offerPlacement } from './field-values.ts'
import { choosePorts } from './ports.ts'
import type { Demand, Match, MatchContext, MatchResult, Placement, Refusal, RefusalReason } from './types.ts'

const scalarDemands: readonly (readonly [name: 'cpus' | 'mem' | 'disk' | 'gpus', reason: RefusalReason])[] = [
  ['cpus', 'InsufficientCpus'],
  ['mem', 'InsufficientMemory'],
  ['disk', 'InsufficientDisk'],
  ['gpus', 'InsufficientGpus'],
]

/** An offer, or several of one agent and role, from which matches take resources until nothing more fits. */
export class OfferPool {
  readonly placement: Placement
  private readonly offer: mesos.Offer
  private readonly hasGpus: boolean
  private readonly isLegacyFormat: boolean
  private left: Resources

  constructor(offer: mesos.Offer, ...others: readonly mesos.Offer[]) {
    this.offer = offer
    this.placement = offerPlacement(offer)
    const resources = [offer, ...others].flatMap((one) => one.resources ?? [])
    this.left = Resources.fromWire(resources)
    this.hasGpus = this.left.scalar('gpus') > 0
    this.isLegacyFormat = resources.some(({ role, reservations }) => role !== undefined && !reservations?.length)
  }

  /** What no match has taken. */
  remaining(): Resources {
    return this.left
  }

  /** Takes the resources of one instance out of the pool, or says everything that stands against it. */
  match(demand: Demand, context: MatchContext): MatchResult {
    const role = this.offer.allocation_info?.role
    if (role !== undefined && role !== demand.role) {
      const needed = `an offer for role ${demand.role}`
      return { kind: 'refused', reasons: [{ reason: 'UnfulfilledRole', needed, offered: `role ${role}` }] }
    }
    const usable = this.usable(demand)
    const ports = choosePorts(demand.hostPorts ?? [], usable.ranges('ports'), context.random)
    const reasons = [
      ...this.placementRefusals(demand, context),
      ...scalarRefusals(demand, usable),
      ...(ports.kind === 'refused' ? [ports.refusal] : []),
      ...this.scarcityRefusals(demand, context),
    ]
    if (reasons.length > 0 || ports.kind === 'refused') return { kind: 'refused', reasons }
    return this.take(demand, usable, ports)
  }

  private take(
    demand: Demand,
    usable: Resources,
    ports: { readonly hostPorts: (number | undefined)[]; readonly taken: Ranges },
  ): Match {
    const scalars = scalarDemands.flatMap(([name]) => takeScalar(usable, name, toMilli(demand[name] ?? 0)))
    const taken = Resources.fromItems([...scalars, ...takePorts(usable, ports.taken)])
    this.left = this.left.subtract(taken)
    const wire = taken.toWire()
    const resources = this.isLegacyFormat ? wire.flatMap((resource) => toPreRefinement(resource) ?? []) : wire
    return { kind: 'match', resources, hostPorts: ports.hostPorts }
  }

  /** The demand's own reserved resources first, then the others; no volumes, nothing shared or revocable. */
  private usable(demand: Demand): Resources {
    const accepted = new Set(demand.acceptedResourceRoles ?? ['*', demand.role])
    const usable = this.left.filter(({ meta }) => isUsable(meta, accepted, demand.reservationLabels))
    return usable.reserved().concat(usable.unreserved())
  }

  private placementRefusals(demand: Demand, context: MatchContext): Refusal[] {
    const constraints = demand.constraints ?? []
    const others = { placed: context.placed ?? [], instances: context.instances ?? 1 }
    return [
      ...unfulfilledConstraints(constraints, this.placement, others),
      ...this.regionRefusals(constraints, context.localRegion),
      ...this.reservationRefusals(demand),
      ...this.maintenanceRefusals(context.maintenance),
    ]
  }

  private regionRefusals(constraints: NonNullable<Demand['constraints']>, local: string | undefined): Refusal[] {
    const { region } = this.placement
    if (region === undefined || local === undefined || region === local) return []
    if (constraints.some(({ field }) => field === '@region' || field === '@zone')) return []
    return [{ reason: 'UnfulfilledConstraint', needed: `@region ${local}`, offered: `@region = ${region}` }]
  }

  private reservationRefusals(demand: Demand): Refusal[] {
    const labels = demand.reservationLabels
    if (!labels || !this.usable(demand).isEmpty()) return []
    const needed = `resources reserved with ${JSON.stringify(labels)}`
    return [{ reason: 'NoCorrespondingReservationFound', needed, offered: this.left.reserved().toString() }]
  }

  private maintenanceRefusals(maintenance: MatchContext['maintenance']): Refusal[] {
    const window = this.offer.unavailability
    if (!maintenance || !window) return []
    const startMs = Number(window.start.nanoseconds) / 1e6
    const endMs = window.duration ? startMs + Number(window.duration.nanoseconds) / 1e6 : Infinity
    if (maintenance.now < startMs - maintenance.drainingMs || maintenance.now >= endMs) return []
    const detail = { needed: 'an agent that is not in maintenance', offered: `maintenance from ${startMs}` }
    return [
      { reason: 'UnfulfilledConstraint', ...detail },
      { reason: 'AgentMaintenance', ...detail },
    ]
  }

  private scarcityRefusals(demand: Demand, context: MatchContext): Refusal[] {
    if (!this.hasGpus || (demand.gpus ?? 0) > 0 || context.gpuScheduling === 'unrestricted') return []
    return [{ reason: 'DeclinedScarceResources', needed: 'an agent without GPUs', offered: 'an agent with GPUs' }]
  }
}

function isUsable(meta: Meta, accepted: ReadonlySet<string>, labels: Demand['reservationLabels']): boolean {
  if (meta.shared || meta.revocable || !accepted.has(reservationRole(meta))) return false
  if (meta.disk?.persistence || meta.disk?.source) return false
  const reserved = meta.reservations.at(-1)?.labels?.labels ?? []
  if (!labels) return reserved.length === 0
  if (!isReserved(meta)) return false
  return Object.entries(labels).every(([key, value]) => reserved.some((l) => l.key === key && l.value === value))
}

function scalarRefusals(demand: Demand, usable: Resources): Refusal[] {
  return scalarDemands.flatMap(([name, reason]) => {
    const needed = toMilli(demand[name] ?? 0)
    const offered = usable.scalar(name)
    if (offered >= needed) return []
    return [{ reason, needed: `${name}:${formatMilli(needed)}`, offered: `${name}:${formatMilli(offered)}` }]
  })
}

function takeScalar(usable: Resources, name: string, needed: Milli): Item[] {
  const taken: Item[] = []
  let missing = needed
  for (const item of usable.items) {
    if (missing <= 0) break
    if (item.type !== 'SCALAR' || item.meta.name !== name) continue
    const milli = Math.min(item.milli, missing)
    taken.push({ ...item, milli })
    missing -= milli
  }
  return taken
}

function takePorts(usable: Resources, wanted: Ranges): Item[] {
  const taken: Item[] = []
  for (const item of usable.items) {
    if (item.type !== 'RANGES' || item.meta.name !== 'ports') continue
    const ranges = intersectRanges(item.ranges, wanted)
    if (ranges.length > 0) taken.push({ ...item, ranges })
  }
  return taken
}
