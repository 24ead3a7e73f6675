import type { Random } from '@thermosphere/effects'
import { isReserved, reservationRole, Resources, topLevelRole } from '../resources/index.ts'
import type { Item, Milli, Quantities } from '../resources/index.ts'
import type { AgentState } from './agent-state.ts'
import type { ClusterTotal } from './drf-order.ts'
import type { DeclineFilters } from './filters.ts'
import type { FrameworkState } from './framework-state.ts'
import { countsAgainstQuota, quotaScalars } from './role-tree.ts'
import type { Client, RoleNode, RoleTree } from './role-tree.ts'
import type { Allocation } from './types.ts'
import { addAt, addVector } from './vectors.ts'
import type { ScalarNames, Vector } from './vectors.ts'

/** What one run works with. */
export interface RunContext {
  readonly roles: RoleTree
  readonly total: ClusterTotal
  readonly names: ScalarNames
  readonly frameworks: ReadonlyMap<string, FrameworkState>
  readonly filters: DeclineFilters
  readonly random: Random
  readonly minAllocatable: readonly Quantities[]
  readonly filterGpuResources: boolean
}

/** A framework in a role, before an agent. */
interface Candidate {
  readonly framework: FrameworkState
  readonly client: Client
  readonly node: RoleNode
  readonly agent: AgentState
}

interface Turn {
  readonly node: RoleNode
  readonly agent: AgentState
  readonly stage: 'guarantees' | 'all'
}

/** How much of each name may still be granted; an absent name is unlimited. */
type Bounds = Map<string, Milli>

/**
 * One allocation run: first agent by agent to roles with unmet guarantees, then agent by agent to all roles.
 * Every grant is booked at once, so no grant of the run can oversubscribe an agent, a limit or the headroom.
 */
export class AllocationRun {
  private readonly context: RunContext
  private readonly grants = new Map<string, Allocation>()
  /** A shared resource is offered at most once in a run. */
  private readonly offeredShared = new Map<AgentState, Resources>()
  private readonly guaranteeing: boolean
  private readonly limiting: boolean
  /** Held back for guarantees that are not met yet, and what is there for it. */
  private readonly requiredHeadroom: Vector = []
  private readonly availableHeadroom: Vector = []

  constructor(context: RunContext) {
    this.context = context
    const quotas = [...context.roles.topLevel()].flatMap((node) => (node.quota ? [{ node, quota: node.quota }] : []))
    this.guaranteeing = quotas.some(({ quota }) => quota.guarantees.size > 0)
    this.limiting = quotas.some(({ quota }) => quota.limits.size > 0)
    if (!this.guaranteeing) return
    for (const { node } of quotas) {
      for (const [name, milli] of this.unmetGuarantees(node)) addAt(this.requiredHeadroom, this.index(name), milli)
    }
    addVector(this.availableHeadroom, context.total.quotaScalars)
    addVector(this.availableHeadroom, context.roles.root.consumed, -1)
  }

  /** What was granted, in order; what one framework gets of one agent for one role is one allocation. */
  perform(agents: readonly AgentState[]): Allocation[] {
    const first = this.context.random.shuffle(agents)
    if (this.guaranteeing) for (const agent of first) this.serveGuarantees(agent)
    const second = this.guaranteeing ? this.context.random.shuffle(first) : first
    for (const agent of second) this.serve(agent)
    return [...this.grants.values()]
  }

  private serveGuarantees(agent: AgentState): void {
    for (const node of this.context.roles.inOrder()) {
      if (agent.available().isEmpty()) return
      if (!node.quota || this.unmetGuarantees(node).size === 0) continue
      for (const client of node.clientOrder.sorted()) {
        if (this.unmetGuarantees(node).size === 0) break
        if (this.consider(client, { node, agent, stage: 'guarantees' }) === 'none left') break
      }
    }
  }

  private serve(agent: AgentState): void {
    for (const node of this.context.roles.inOrder()) {
      if (agent.available().isEmpty()) return
      for (const client of node.clientOrder.sorted()) {
        if (this.consider(client, { node, agent, stage: 'all' }) === 'none left') break
      }
    }
  }

  /** `none left`: the agent has nothing for any framework of the role. */
  private consider(client: Client, { node, agent, stage }: Turn): 'granted' | 'refused' | 'none left' {
    // Refused before, when as much was free: no need to plan an offer again.
    if (agent.refusals[client.index] === agent.content) return 'refused'
    const framework = this.context.frameworks.get(client.frameworkId)
    if (!framework || framework.excludes(node.role, agent)) return 'refused'
    const allocatable = this.allocatableTo(node.role, agent)
    if (allocatable.isEmpty()) return 'none left'
    const candidate = { framework, client, node, agent }
    if (!this.isEnough(allocatable, candidate)) return 'refused'
    if (!framework.accepts(node.role, agent, this.context)) return 'refused'
    const free = framework.strip(allocatable)
    const offer = stage === 'all' ? this.planAll(node, free) : this.planGuaranteed(node, free)
    if (offer.isEmpty() || !this.isEnough(offer, candidate) || this.isDeclined(candidate, offer)) return 'refused'
    this.grant(candidate, offer)
    return 'granted'
  }

  private allocatableTo(role: string, agent: AgentState): Resources {
    const allocatable = agent.available().allocatableTo(role)
    const offered = this.offeredShared.get(agent)
    return offered ? allocatable.subtract(offered) : allocatable
  }

  private isEnough(resources: Resources, { framework, node }: Candidate): boolean {
    const minimum = framework.minimumFor(node.role) ?? this.context.minAllocatable
    return minimum.length === 0 || minimum.some((quantities) => resources.containsQuantities(quantities))
  }

  private isDeclined({ client, node, agent }: Candidate, offer: Resources): boolean {
    client.declines ??= this.context.filters.forRole(client.frameworkId, node.role)
    const filters = client.declines.get(agent.id)
    if (!filters?.some((filter) => filter.refused.contains(offer))) return false
    const isWhole = offer.items.length === agent.available().items.length && !this.guaranteeing && !this.limiting
    if (isWhole) agent.markRefused(client.index)
    return true
  }

  /** Stage 1: only if it helps a guarantee; then also the rest of the agent, as far as limit and headroom allow. */
  private planGuaranteed(node: RoleNode, free: Resources): Resources {
    const quotaScalars = free.filter(countsAgainstQuota)
    const guaranteed = this.shrink(quotaScalars, this.unmetGuarantees(node), { otherNames: 'none' })
    if (guaranteed.isEmpty()) return Resources.empty
    const always = free.filter((item) =>
      isReserved(item.meta) ? reservationRole(item.meta) === node.role : !countsAgainstQuota(item),
    )
    const extra = this.boundExtra(node, quotaScalars.subtract(guaranteed), guaranteed)
    return guaranteed.add(always).add(extra)
  }

  private planAll(node: RoleNode, free: Resources): Resources {
    if (!this.guaranteeing && !this.limiting) return alwaysFirst(free)
    const always = free.filter((item) => !countsAgainstQuota(item))
    return always.add(this.boundExtra(node, free.filter(countsAgainstQuota), Resources.empty))
  }

  /** Bounded by the role's limit beyond `guaranteed`, and by the headroom that nobody needs. */
  private boundExtra(node: RoleNode, extra: Resources, guaranteed: Resources): Resources {
    const limited = this.limiting ? this.shrink(extra, this.limitLeft(node, guaranteed), { otherNames: 'all' }) : extra
    if (!this.guaranteeing || this.requiredHeadroom.every((milli) => milli <= 0)) return limited
    const surplus: Bounds = new Map()
    for (const name of limited.names()) {
      const at = this.index(name)
      surplus.set(name, Math.max(0, (this.availableHeadroom[at] ?? 0) - (this.requiredHeadroom[at] ?? 0)))
    }
    return this.shrink(limited, surplus, { otherNames: 'none' })
  }

  private limitLeft(node: RoleNode, guaranteed: Resources): Bounds {
    const top = this.context.roles.get(topLevelRole(node.role))
    const left: Bounds = new Map()
    for (const [name, limit] of top?.quota?.limits ?? []) {
      left.set(name, Math.max(0, limit - this.consumed(top, name) - guaranteed.scalar(name)))
    }
    return left
  }

  private unmetGuarantees(node: RoleNode): Bounds {
    const unmet: Bounds = new Map()
    for (const [name, guarantee] of node.quota?.guarantees ?? []) {
      const missing = guarantee - this.consumed(node, name)
      if (missing > 0) unmet.set(name, missing)
    }
    return unmet
  }

  private consumed(node: RoleNode | undefined, name: string): Milli {
    const at = this.index(name)
    return (node?.reserved[at] ?? 0) + (node?.consumed[at] ?? 0)
  }

  private index(name: string): number {
    return this.context.names.indexOf(name)
  }

  /** Cuts scalars down to the bounds, in random order where there are several of a name; whole ones stay or go. */
  private shrink(resources: Resources, bounds: Bounds, { otherNames }: { otherNames: 'all' | 'none' }): Resources {
    const left = new Map(bounds)
    const distinct = resources.names().length === resources.items.length
    const items = distinct ? resources.items : this.context.random.shuffle(resources.items)
    return Resources.fromItems(
      items.flatMap((item) => {
        const allowed = left.get(item.meta.name) ?? (otherNames === 'all' ? Infinity : 0)
        const cut = cutItem(item, allowed)
        if (cut?.type === 'SCALAR' && Number.isFinite(allowed)) left.set(item.meta.name, allowed - cut.milli)
        return cut ? [cut] : []
      }),
    )
  }

  private grant({ framework, node, agent }: Candidate, offer: Resources): void {
    const allocated = offer.allocatedTo(node.role)
    const key = `${framework.id}\u0000${node.role}\u0000${agent.id}`
    const before = this.grants.get(key)
    const resources = before ? before.resources.add(allocated) : allocated
    this.grants.set(key, { frameworkId: framework.id, agentId: agent.id, role: node.role, resources })
    this.bookHeadroom(node, offer)
    if (agent.hasShared) {
      this.offeredShared.set(agent, (this.offeredShared.get(agent) ?? Resources.empty).add(offer.shared()))
    }
    agent.give(framework.id, allocated)
    this.context.roles.track({ role: node.role, frameworkId: framework.id, agentId: agent.id, resources: allocated })
  }

  /** Before the grant is booked: what helps a guarantee needs no headroom any more. */
  private bookHeadroom(node: RoleNode, offer: Resources): void {
    if (!this.guaranteeing) return
    const top = this.context.roles.get(topLevelRole(node.role)) ?? node
    for (const [name, missing] of this.unmetGuarantees(top)) {
      const helping = offer.filter((item) => countsAgainstQuota(item) && item.meta.name === name).scalar(name)
      addAt(this.requiredHeadroom, this.index(name), -Math.min(missing, helping))
    }
    addVector(this.availableHeadroom, quotaScalars(offer, this.context.names), -1)
  }
}

/** Reserved, revocable and non-scalar resources first: the order in which Mesos lists an offer. */
function alwaysFirst(resources: Resources): Resources {
  return resources.filter((item) => !countsAgainstQuota(item)).concat(resources.filter(countsAgainstQuota))
}

function cutItem(item: Item, allowed: Milli): Item | undefined {
  if (item.type !== 'SCALAR' || allowed <= 0) return undefined
  if (item.milli <= allowed) return item
  return item.meta.whole ? undefined : { ...item, milli: allowed }
}
