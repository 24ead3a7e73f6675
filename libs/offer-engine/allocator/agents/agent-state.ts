import type { mesos } from '@thermosphere/protocol'
import { Resources } from '../../resources/index.ts'
import { BitSet } from '../bit-set.ts'
import { inOfferOrder } from './common-totals.ts'
import type { AgentTotal } from './common-totals.ts'
import type { AgentDescription } from '../types.ts'

const never = -1

/** An agent's resources: what there is, who has what, and what is free. */
export class AgentState {
  readonly id: string
  active = true
  hostname = ''
  attributes: readonly mesos.Attribute[] = []
  domain: mesos.DomainInfo | undefined
  isRemote = false
  hasGpus = false
  hasShared = false
  total = Resources.empty
  /** Offered and used by framework, allocated to roles. */
  readonly allocations = new Map<string, Resources>()
  /** Sum of the allocations without the roles and without shared resources, which stay available. */
  private taken = Resources.empty
  private free: Resources | undefined
  private freeOffer: Resources | undefined
  private totalOffer = Resources.empty
  private capabilities: ReadonlySet<mesos.AgentInfo_Capability_Type> | undefined
  /** Clients whose decline filters refuse all that is free, and so any part of it: while nothing is taken, … */
  private readonly refusalsOfAll = new BitSet()
  /** … and with what is taken now. */
  private readonly refusalsOfRest = new BitSet()
  /** Removed; another may have its id. */
  isGone = false
  /** Something has changed since a run last found nothing to grant. Written by the agenda only, as is … */
  isUnsettled = false
  /** … whether it is in the agenda's list. */
  isListed = false
  /** When a run last found nothing (more) to grant here: the time of the quota books. */
  settledAt = never

  constructor(id: string) {
    this.id = id
  }

  /** `total` is that of the description. */
  describe(
    description: AgentDescription,
    { domain, total }: { domain: mesos.DomainInfo | undefined; total: AgentTotal },
  ): void {
    this.hostname = description.hostname
    this.attributes = description.attributes ?? []
    this.domain = description.domain
    this.capabilities = description.capabilities && new Set(description.capabilities)
    const region = description.domain?.fault_domain?.region.name
    const masterRegion = domain?.fault_domain?.region.name
    this.isRemote = region !== undefined && masterRegion !== undefined && region !== masterRegion
    this.setTotal(total)
  }

  /** As it was last told. */
  description(): AgentDescription {
    const { hostname, total, attributes, domain } = this
    return { hostname, total, attributes, domain, capabilities: this.capabilities && [...this.capabilities] }
  }

  setTotal({ total, offer }: AgentTotal): void {
    this.total = total
    this.totalOffer = offer
    this.refusalsOfAll.clear()
    this.hasGpus = total.scalar('gpus') > 0
    this.hasShared = total.hasShared
    this.changed()
  }

  /** Agents that do not tell are taken for new. */
  can(capability: mesos.AgentInfo_Capability_Type): boolean {
    return this.capabilities === undefined || this.capabilities.has(capability)
  }

  available(): Resources {
    this.free ??= this.total.subtract(this.taken)
    return this.free
  }

  /** The same in the order in which it is offered; the same object whenever nothing is taken. */
  offerable(): Resources {
    if (this.taken.isEmpty()) return this.totalOffer
    if (this.taken === this.totalOffer) return Resources.empty
    this.freeOffer ??= inOfferOrder(this.available())
    return this.freeOffer
  }

  give(frameworkId: string, allocated: Resources): void {
    this.allocations.set(frameworkId, this.allocations.get(frameworkId)?.add(allocated) ?? allocated)
    this.taken = this.taken.add(allocated.nonShared().unallocated())
    this.changed()
  }

  takeBack(frameworkId: string, allocated: Resources): void {
    const rest = (this.allocations.get(frameworkId) ?? Resources.empty).subtract(allocated)
    if (rest.isEmpty()) this.allocations.delete(frameworkId)
    else this.allocations.set(frameworkId, rest)
    this.taken = this.taken.subtract(allocated.nonShared().unallocated())
    this.changed()
  }

  markRefused(clientIndex: number): void {
    this.refusals().add(clientIndex)
  }

  isRefusedBy(clientIndex: number): boolean {
    return this.refusals().has(clientIndex)
  }

  isRefusedByAll(clients: BitSet): boolean {
    return clients.isWithin(this.refusals())
  }

  liftRefusal(clientIndex: number): void {
    this.refusalsOfAll.delete(clientIndex)
    this.refusalsOfRest.delete(clientIndex)
  }

  unsettle(): void {
    this.settledAt = never
  }

  private refusals(): BitSet {
    return this.taken.isEmpty() ? this.refusalsOfAll : this.refusalsOfRest
  }

  private changed(): void {
    this.free = undefined
    this.freeOffer = undefined
    this.refusalsOfRest.clear()
  }
}

export function sameAttributes(left: readonly mesos.Attribute[], right: readonly mesos.Attribute[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
