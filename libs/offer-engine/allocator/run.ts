import type { Random } from '@thermosphere/effects'
import { isReserved, reservationRole, Resources } from '../resources/index.ts'
import type { Item, Milli, Quantities } from '../resources/index.ts'
import type { AgentState } from './agents/agent-state.ts'
import type { Agenda } from './agents/agenda.ts'
import type { DeclineFilters } from './filters/decline-filters.ts'
import type { FrameworkState } from './framework-state.ts'
import { randomFor } from './order/lots.ts'
import type { Lots } from './order/order.ts'
import { hasUnmetGuarantee } from './quota/quota-books.ts'
import type { QuotaBooks } from './quota/quota-books.ts'
import { countsAgainstQuota } from './quota/quota-scalars.ts'
import type { Client, RoleNode, RoleTree } from './role-tree.ts'
import type { Allocation } from './types.ts'
import type { ScalarNames } from './vectors.ts'

/** What one run works with. */
export interface RunContext {
  readonly roles: RoleTree
  readonly names: ScalarNames
  readonly frameworks: ReadonlyMap<string, FrameworkState>
  readonly filters: DeclineFilters
  readonly agenda: Agenda
  readonly random: Random
  /** Some sorter is random. */
  readonly drawsLots: boolean
  readonly minAllocatable: readonly Quantities[]
  readonly filterGpuResources: boolean
  /** Whether the agent's resources may be offered now. */
  readonly isOffered: (agent: AgentState) => boolean
}

/** To a framework of the role. */
interface PlannedOffer {
  readonly node: RoleNode
  readonly agent: AgentState
  readonly offer: Resources
}

type Stage = 'guarantees' | 'all'

/** How much of a name may still be granted. */
type Bound = (name: string) => Milli

/** What a grant costs in units of work, beside one for each framework that is looked at. */
const grantWork = 4

/**
 * One allocation run: first agent by agent to roles with unmet guarantees, then agent by agent to all roles.
 * Every grant is booked at once, so no grant of the run can oversubscribe an agent, a limit or the headroom. It can be
 * cut between any two agents: what it goes by is in the books of agents, roles and quota, and true after any event.
 */
export class AllocationRun {
  private readonly context: RunContext
  private readonly quotas: QuotaBooks
  private grants: Allocation[] = []
  /** Where in `grants` a framework's part of an agent is, as both stages may add to it. */
  private merged: Map<string, number> | undefined
  /** A shared resource is offered at most once in a run. */
  private offeredShared: Map<AgentState, Resources> | undefined
  /** Of the lots of this run, if any are drawn. */
  private readonly seed: number
  private readonly isTwoStage: boolean
  private stage: Stage
  private queue: readonly AgentState[]
  private position = 0
  private work = 0
  /** Whose frameworks draw lots. */
  private agentId = ''
  private readonly lots: Lots = (level) => randomFor(this.seed, `${this.stage} ${this.agentId} ${level}`)
  /** A bound cut what the agent has, … */
  private isCut = false
  /** … and chance or a grant decided what that left: another look may find more. */
  private mayFindMore = false

  constructor(context: RunContext, agents: readonly AgentState[]) {
    this.context = context
    this.quotas = context.roles.quotas
    this.seed = context.drawsLots ? context.random.uint32() : 0
    this.isTwoStage = this.quotas.hasUnmetGuarantees()
    this.stage = this.isTwoStage ? 'guarantees' : 'all'
    this.queue = context.random.shuffle(agents)
  }

  get isDone(): boolean {
    return this.stage === 'all' && this.position === this.queue.length
  }

  /** Goes on until it is done or `workMax` is reached, with at least one agent; returns the work. */
  advance(workMax: number): number {
    this.work = 0
    this.quotas.watchSurplus()
    do {
      if (this.position === this.queue.length) this.startLastStage()
      const agent = this.queue[this.position++]
      if (agent && this.context.isOffered(agent)) this.visit(agent)
      this.work++
    } while (this.work < workMax && !this.isDone)
    this.quotas.watchSurplus()
    return this.work
  }

  /** What was granted since it was last asked for; what one framework gets of one agent for one role is one. */
  takeGrants(): Allocation[] {
    const granted = this.grants
    this.grants = []
    this.merged = undefined
    return granted
  }

  private startLastStage(): void {
    if (this.stage === 'all') return
    this.stage = 'all'
    this.queue = this.context.random.shuffle(this.queue)
    this.position = 0
  }

  private visit(agent: AgentState): void {
    const { roles, agenda } = this.context
    const { clock } = this.quotas
    this.isCut = false
    this.mayFindMore = false
    const isServed = this.stage === 'all' || this.quotas.hasUnmetGuarantees()
    if (isServed && !agent.isRefusedByAll(roles.activeClients)) {
      this.agentId = agent.id
      this.serveBelow(roles.root, agent)
    }
    if (this.stage === 'all' && !agent.hasShared && !this.mayFindMore) agenda.settle(agent, clock)
  }

  /**
   * The roles with active frameworks in their order, level by level down the tree, and the frameworks of each in
   * theirs; true once the agent has nothing left.
   */
  private serveBelow(parent: RoleNode, agent: AgentState): boolean {
    for (const { node, isLeaf } of parent.branchOrder.sorted(this.lots, parent.level)) {
      if (!isLeaf) {
        if (this.serveBelow(node, agent)) return true
        continue
      }
      if (agent.offerable().isEmpty()) return true
      if (this.stage === 'all') this.serve(node, agent)
      else this.serveGuarantee(node, agent)
    }
    return false
  }

  private serveGuarantee(node: RoleNode, agent: AgentState): void {
    if (!node.quota || !hasUnmetGuarantee(node.bounds) || this.isSettled(agent, node)) return
    for (const client of node.clientOrder.sorted(this.lots, node.role)) {
      if (!hasUnmetGuarantee(node.bounds)) return
      if (this.consider(client, node, agent) === 'none left') return
    }
  }

  private serve(node: RoleNode, agent: AgentState): void {
    if (this.isSettled(agent, node)) return
    for (const client of node.clientOrder.sorted(this.lots, node.role)) {
      if (this.consider(client, node, agent) === 'none left') return
    }
  }

  /** Nothing could be granted before, and neither the agent nor any bound of the role has more room since. */
  private isSettled(agent: AgentState, node: RoleNode): boolean {
    this.work++
    return agent.settledAt >= node.bounds.grownAt && agent.settledAt >= this.quotas.surplusGrownAt
  }

  /** `none left`: the agent has nothing for any framework of the role. */
  private consider(client: Client, node: RoleNode, agent: AgentState): 'granted' | 'refused' | 'none left' {
    this.work++
    // Refused before, when as much was free: no need to plan an offer again.
    if (agent.isRefusedBy(client.index)) return 'refused'
    const framework = this.context.frameworks.get(client.frameworkId)
    if (!framework || framework.excludes(node.role, agent)) return 'refused'
    const allocatable = this.allocatableTo(node.role, agent)
    if (allocatable.isEmpty()) return 'none left'
    if (!this.isEnough(allocatable, framework, node.role)) return 'refused'
    if (!framework.accepts(node.role, agent, this.context)) return 'refused'
    const free = framework.strip(allocatable)
    const offer = this.stage === 'all' ? this.planAll(node, free) : this.planGuaranteed(node, free)
    if (offer.isEmpty() || (offer !== allocatable && !this.isEnough(offer, framework, node.role))) return 'refused'
    const planned = { node, agent, offer }
    if (this.isDeclined(client, planned)) return 'refused'
    this.grant(client, planned)
    return 'granted'
  }

  private allocatableTo(role: string, agent: AgentState): Resources {
    const allocatable = agent.offerable().allocatableTo(role)
    const offered = this.offeredShared?.get(agent)
    return offered ? allocatable.subtract(offered) : allocatable
  }

  private isEnough(resources: Resources, framework: FrameworkState, role: string): boolean {
    const minimum = framework.minimumFor(role) ?? this.context.minAllocatable
    return minimum.length === 0 || minimum.some((quantities) => resources.containsQuantities(quantities))
  }

  private isDeclined(client: Client, { node, agent, offer }: PlannedOffer): boolean {
    if (this.context.filters.isEmpty) return false
    client.declines ??= this.context.filters.forRole(client.frameworkId, node.role)
    const filters = client.declines.get(agent.id)
    if (!filters?.some((filter) => filter.refused.contains(offer))) return false
    if (offer === agent.offerable()) agent.markRefused(client.index)
    return true
  }

  /** Stage 1: only if it helps a guarantee; then also the rest of the agent, as far as limit and headroom allow. */
  private planGuaranteed(node: RoleNode, free: Resources): Resources {
    const scalars = free.filter(countsAgainstQuota)
    const { unmet } = node.bounds
    const guaranteed = this.shrink(scalars, (name) => unmet[this.index(name)] ?? 0)
    if (guaranteed.isEmpty()) return Resources.empty
    const always = free.filter((item) =>
      isReserved(item.meta) ? reservationRole(item.meta) === node.role : !countsAgainstQuota(item),
    )
    const extra = this.boundExtra(node, scalars.subtract(guaranteed), guaranteed)
    return guaranteed.add(always).add(extra)
  }

  private planAll(node: RoleNode, free: Resources): Resources {
    if (this.quotas.isEmpty) return free
    const scalars = free.filter(countsAgainstQuota)
    const extra = this.boundExtra(node, scalars, Resources.empty)
    return extra === scalars ? free : free.filter((item) => !countsAgainstQuota(item)).add(extra)
  }

  /** Bounded by the role's limit beyond `guaranteed`, and by the headroom that nobody needs. */
  private boundExtra(node: RoleNode, extra: Resources, guaranteed: Resources): Resources {
    const { left } = node.bounds
    const isUnlimited = left.size === 0
    const limited = isUnlimited
      ? extra
      : this.shrink(extra, (name) => Math.max(0, (left.get(this.index(name)) ?? Infinity) - guaranteed.scalar(name)))
    if (!this.quotas.hasUnmetGuarantees()) return limited
    return this.shrink(limited, (name) => this.quotas.surplus(this.index(name)))
  }

  private index(name: string): number {
    return this.context.names.indexOf(name)
  }

  /** Cuts scalars down to the bounds, in random order where there are several of a name; whole ones stay or go. */
  private shrink(resources: Resources, bound: Bound): Resources {
    const { items } = resources
    const isDistinct = hasDistinctNames(items)
    if (isDistinct && isWithin(items, bound)) return resources
    this.isCut = true
    if (isDistinct) {
      return Resources.fromItems(items.flatMap((item) => amountWithin(item, bound(item.meta.name)) ?? []))
    }
    this.mayFindMore = true
    const left = new Map<string, Milli>()
    return Resources.fromItems(
      this.context.random.shuffle(items).flatMap((item) => {
        const allowed = left.get(item.meta.name) ?? bound(item.meta.name)
        const cut = amountWithin(item, allowed)
        left.set(item.meta.name, allowed - (cut?.type === 'SCALAR' ? cut.milli : 0))
        return cut ?? []
      }),
    )
  }

  private grant(client: Client, { node, agent, offer }: PlannedOffer): void {
    const { frameworkId } = client
    this.work += grantWork
    if (this.isCut) this.mayFindMore = true
    const allocated = offer.allocatedTo(node.role)
    this.addGrant({ frameworkId, agentId: agent.id, role: node.role, resources: allocated })
    if (agent.hasShared) {
      this.offeredShared ??= new Map()
      this.offeredShared.set(agent, (this.offeredShared.get(agent) ?? Resources.empty).add(offer.shared()))
    }
    agent.give(frameworkId, allocated)
    this.context.roles.trackClient({ node, client, agentId: agent.id, resources: allocated })
  }

  private addGrant(grant: Allocation): void {
    if (!this.isTwoStage) return void this.grants.push(grant)
    const key = `${grant.frameworkId}\u0000${grant.role}\u0000${grant.agentId}`
    this.merged ??= new Map()
    const at = this.merged.get(key) ?? this.grants.length
    const before = this.grants[at]
    this.grants[at] = before ? { ...grant, resources: before.resources.add(grant.resources) } : grant
    this.merged.set(key, at)
  }
}

function hasDistinctNames(items: readonly Item[]): boolean {
  for (let i = 1; i < items.length; i++) {
    const name = items[i]?.meta.name
    for (let j = 0; j < i; j++) if (items[j]?.meta.name === name) return false
  }
  return true
}

function isWithin(items: readonly Item[], bound: Bound): boolean {
  for (const item of items) if (amountWithin(item, bound(item.meta.name)) !== item) return false
  return true
}

function amountWithin(item: Item, allowed: Milli): Item | undefined {
  if (item.type !== 'SCALAR' || allowed <= 0) return undefined
  if (item.milli <= allowed) return item
  return item.meta.whole ? undefined : { ...item, milli: allowed }
}
