import type { mesos } from '@thermosphere/protocol'
import { Resources } from '../resources/index.ts'
import type { AgentDescription } from './types.ts'

const neverContent = -1

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
  private capabilities: ReadonlySet<mesos.AgentInfo_Capability_Type> | undefined
  /** Numbers the content of `available()`: equal numbers mean equal content. */
  content = 0
  /** By index of a client: the content that its decline filters refuse wholly, and so any part of it. */
  readonly refusals: number[] = []
  private totalContent = 0
  private readonly nextContent: () => number

  constructor(id: string, nextContent: () => number) {
    this.id = id
    this.nextContent = nextContent
  }

  describe(description: AgentDescription, masterDomain: mesos.DomainInfo | undefined): void {
    this.hostname = description.hostname
    this.attributes = description.attributes ?? []
    this.domain = description.domain
    this.capabilities = description.capabilities && new Set(description.capabilities)
    const region = description.domain?.fault_domain?.region.name
    const masterRegion = masterDomain?.fault_domain?.region.name
    this.isRemote = region !== undefined && masterRegion !== undefined && region !== masterRegion
    this.setTotal(description.total)
  }

  /** As it was last told. */
  description(): AgentDescription {
    const { hostname, total, attributes, domain } = this
    return { hostname, total, attributes, domain, capabilities: this.capabilities && [...this.capabilities] }
  }

  setTotal(total: Resources): void {
    this.total = total
    this.totalContent = this.nextContent()
    this.hasGpus = total.scalar('gpus') > 0
    this.hasShared = total.items.some((item) => item.meta.shared)
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

  give(frameworkId: string, allocated: Resources): void {
    this.allocations.set(frameworkId, (this.allocations.get(frameworkId) ?? Resources.empty).add(allocated))
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
    while (this.refusals.length <= clientIndex) this.refusals.push(neverContent)
    this.refusals[clientIndex] = this.content
  }

  liftRefusal(clientIndex: number): void {
    if (clientIndex < this.refusals.length) this.refusals[clientIndex] = neverContent
  }

  private changed(): void {
    this.free = undefined
    this.content = this.taken.isEmpty() ? this.totalContent : this.nextContent()
  }
}

export function sameAttributes(left: readonly mesos.Attribute[], right: readonly mesos.Attribute[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
