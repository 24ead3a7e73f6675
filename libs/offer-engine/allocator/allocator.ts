import { BrokenInvariant, invariant } from '@thermosphere/effects'
import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { Resources } from '../resources/index.ts'
import type { Conversion, Quantities } from '../resources/index.ts'
import { Agenda } from './agents/agenda.ts'
import { AgentState, sameAttributes } from './agents/agent-state.ts'
import { CommonTotals } from './agents/common-totals.ts'
import { DeclineFilters } from './filters/decline-filters.ts'
import { FrameworkState } from './framework-state.ts'
import type { ClusterTotal } from './order/order.ts'
import { countsAgainstQuota } from './quota/quota-scalars.ts'
import { RoleTree } from './role-tree.ts'
import type { RunContext } from './run.ts'
import { Runs } from './runs.ts'
import { snapshotRole } from './snapshot.ts'
import type {
  AgentDescription,
  AgentResources,
  AgentSpec,
  AllocateOptions,
  Allocation,
  AllocatorOptions,
  FrameworkSpec,
  Holding,
  Quota,
  RecoverOptions,
  RoleSnapshot,
} from './types.ts'
import { addAt, ScalarNames } from './vectors.ts'

/** Mesos' default of `--allocation_interval`. */
export const defaultAllocationIntervalMs: Millis = 1000
const defaultMinAllocatable: readonly Quantities[] = [new Map([['cpus', 10]]), new Map([['mem', 32_000]])]

/**
 * Decides which framework is offered which resources: hierarchical dominant resource fairness.
 * The owner calls `allocate(now)` at `nextBatchAt` and soon after any call that makes `isRunWanted` true.
 * Whatever it grants counts as allocated until `recover`.
 *
 * @example
 * const allocator = new Allocator({ random: createRandom(1) })
 * allocator.addAgent({ id: 'a', hostname: 'h', total: Resources.parse('cpus:4;mem:1024') })
 * allocator.addFramework({ id: 'f', roles: ['*'] })
 * for (const grant of allocator.allocate(now)) allocator.recover(grant, { refuseMs: 5000, now })
 */
export class Allocator {
  private readonly intervalMs: Millis
  private readonly domain: mesos.DomainInfo | undefined
  private readonly names = new ScalarNames()
  private readonly total: ClusterTotal
  private readonly totals = new CommonTotals()
  private readonly roles: RoleTree
  private readonly agents = new Map<string, AgentState>()
  private readonly frameworks = new Map<string, FrameworkState>()
  /** Those with offer constraints: they remember which agents pass. */
  private readonly constrained = new Set<FrameworkState>()
  private readonly filters = new DeclineFilters()
  private whitelist: ReadonlySet<string> | undefined
  private readonly agenda: Agenda
  private readonly runs: Runs
  private paused = false

  constructor(options: AllocatorOptions) {
    this.intervalMs = options.allocationIntervalMs ?? defaultAllocationIntervalMs
    this.domain = options.domain
    const excluded = (options.fairSharingExcludedNames ?? []).map((name) => this.names.indexOf(name))
    this.total = { vector: [], quotaScalars: [], excluded: new Set(excluded), version: 0 }
    const sorters = { roles: options.roleSorter ?? 'drf', frameworks: options.frameworkSorter ?? 'drf' } as const
    this.roles = new RoleTree({ total: this.total, sorters }, this.names)
    this.agenda = new Agenda({
      agents: this.agents,
      quotas: this.roles.quotas,
      intervalMs: this.intervalMs,
      observer: options.observer,
    })
    const context: RunContext = {
      roles: this.roles,
      agenda: this.agenda,
      names: this.names,
      frameworks: this.frameworks,
      filters: this.filters,
      random: options.random,
      drawsLots: sorters.roles === 'random' || sorters.frameworks === 'random',
      minAllocatable: options.minAllocatable ?? defaultMinAllocatable,
      filterGpuResources: options.filterGpuResources ?? true,
      isOffered: (agent) => this.isOffered(agent),
    }
    this.runs = new Runs(context, options.observer)
  }

  addAgent(spec: AgentSpec): void {
    invariant(!this.agents.has(spec.id), 'agent added twice', { agentId: spec.id })
    const agent = new AgentState(spec.id)
    agent.active = spec.active ?? true
    this.agents.set(spec.id, agent)
    agent.describe(spec, { domain: this.domain, total: this.totals.of(spec.total) })
    this.addTotal(agent.total, 1)
    for (const [frameworkId, resources] of spec.used ?? []) this.addAllocation(frameworkId, spec.id, resources)
    this.agenda.want(agent)
  }

  /** Changes what is given and asks for a run over the agent. Changed attributes drop all filters for it. */
  updateAgent(agentId: string, change: Partial<AgentDescription>): void {
    const agent = this.agent(agentId)
    const before = agent.total
    const attributesChanged = change.attributes !== undefined && !sameAttributes(change.attributes, agent.attributes)
    agent.describe(
      { ...agent.description(), ...change },
      { domain: this.domain, total: this.totals.of(change.total ?? before) },
    )
    if (agent.total !== before) {
      this.addTotal(agent.total, 1)
      this.addTotal(before, -1)
    }
    if (attributesChanged) this.filters.dropAgent(agentId)
    for (const framework of this.constrained) framework.forgetAgent(agent)
    this.agenda.want(agent)
  }

  removeAgent(agentId: string): void {
    const agent = this.agents.get(agentId)
    if (!agent) return
    for (const [frameworkId, resources] of [...agent.allocations]) this.release(agent, frameworkId, resources)
    this.addTotal(agent.total, -1)
    this.filters.dropAgent(agentId)
    for (const framework of this.constrained) framework.forgetAgent(agent)
    this.agents.delete(agentId)
    agent.isGone = true
    this.agenda.forget(agent)
  }

  /** An inactive agent is not offered; its allocations stay. */
  setAgentActive(agentId: string, active: boolean): void {
    const agent = this.agent(agentId)
    agent.active = active
    this.agenda.unsettle(agent)
  }

  /** Only agents on these hosts are offered; `undefined` = all. */
  setWhitelist(hostnames: readonly string[] | undefined): void {
    this.whitelist = hostnames && new Set(hostnames)
    this.agenda.unsettleAll()
  }

  /** Throws an Error if its offer constraints are not valid. */
  addFramework(spec: FrameworkSpec): void {
    invariant(!this.frameworks.has(spec.id), 'framework added twice', { frameworkId: spec.id })
    const framework = new FrameworkState(spec)
    this.frameworks.set(spec.id, framework)
    if (framework.hasConstraints) this.constrained.add(framework)
    for (const role of framework.roles) this.refreshClient(framework, role)
    if (framework.active) this.agenda.wantAll()
  }

  /** Roles, suppressed roles, capabilities, offer filters and constraints are replaced. Throws as addFramework. */
  updateFramework(spec: FrameworkSpec): void {
    const framework = this.framework(spec.id)
    const before = framework.roles
    framework.update(spec)
    this.constrained[framework.hasConstraints ? 'add' : 'delete'](framework)
    for (const role of framework.roles) this.refreshClient(framework, role)
    for (const role of before) {
      if (framework.roles.has(role)) continue
      this.filters.dropFramework(framework.id, role)
      this.roles.setClient(role, framework.id, { subscribed: false, active: false })
    }
    this.agenda.wantAll()
  }

  /** Whatever it still has is free at once. */
  removeFramework(frameworkId: string): void {
    const framework = this.frameworks.get(frameworkId)
    if (!framework) return
    for (const agent of this.agents.values()) {
      const resources = agent.allocations.get(frameworkId)
      if (resources) this.release(agent, frameworkId, resources)
    }
    this.filters.forgetFramework(frameworkId)
    for (const role of framework.roles) this.roles.setClient(role, frameworkId, { subscribed: false, active: false })
    this.frameworks.delete(frameworkId)
    this.constrained.delete(framework)
  }

  /** An inactive (disconnected) framework gets no offers and loses its filters. */
  setFrameworkActive(frameworkId: string, active: boolean): void {
    const framework = this.framework(frameworkId)
    framework.active = active
    if (!active) this.filters.dropFramework(frameworkId)
    for (const role of framework.roles) this.refreshClient(framework, role)
    if (active) this.agenda.wantAll()
  }

  /** No more offers for these roles (all of its roles when none are named); filters stay. */
  suppress(frameworkId: string, roles?: readonly string[]): void {
    const framework = this.framework(frameworkId)
    for (const role of framework.subscribedOf(roles)) {
      framework.suppressed.add(role)
      this.refreshClient(framework, role)
    }
  }

  /** Offers again for these roles (all of its roles when none are named), without their filters. */
  revive(frameworkId: string, roles?: readonly string[]): void {
    const framework = this.framework(frameworkId)
    for (const role of framework.subscribedOf(roles)) {
      framework.suppressed.delete(role)
      this.filters.dropFramework(frameworkId, role)
      this.refreshClient(framework, role)
    }
    this.agenda.wantAll()
  }

  setWeights(weights: ReadonlyMap<string, number>): void {
    for (const [role, weight] of weights) this.roles.setWeight(role, weight)
    this.agenda.unsettleAll()
  }

  /** `undefined` takes the quota away. Only top-level roles hold quota. */
  setQuota(role: string, quota: Quota | undefined): void {
    invariant(!role.includes('/'), 'quota of a nested role', { role })
    this.roles.setQuota(role, quota)
    this.agenda.unsettleAll()
  }

  /** Resources are in use that were not granted here: tasks found on an agent, further copies of a shared volume. */
  addAllocation(frameworkId: string, agentId: string, resources: Resources): void {
    const agent = this.agent(agentId)
    agent.give(frameworkId, resources)
    for (const [role, part] of resources.allocations()) {
      this.roles.track({ role, frameworkId, agentId, resources: part })
    }
    this.agenda.unsettle(agent)
  }

  /** Offered or used resources are free again. Unknown agents and frameworks are ignored: all of theirs is free. */
  recover(holding: Holding, { refuseMs = 0, now }: RecoverOptions): void {
    const { frameworkId, agentId, resources } = holding
    const agent = this.agents.get(agentId)
    if (!agent?.allocations.has(frameworkId) || resources.isEmpty()) return
    this.release(agent, frameworkId, resources)
    const framework = this.frameworks.get(frameworkId)
    if (refuseMs <= 0 || !framework?.active) return
    const expiresAt = now + Math.max(refuseMs, this.intervalMs)
    for (const [role, part] of resources.allocations()) {
      if (framework.roles.has(role)) this.refuse(agent, { frameworkId, agentId, role, resources: part }, expiresAt)
    }
  }

  private refuse(agent: AgentState, { frameworkId, role, resources }: Allocation, expiresAt: Millis): void {
    const refused = resources.unallocated()
    const { index } = this.roles.client(role, frameworkId)
    this.filters.add({
      frameworkId,
      role,
      clientIndex: index,
      agent,
      refused,
      expiresAt,
      installedInBatch: this.agenda.batchCount,
      live: true,
    })
    if (refused.contains(agent.available())) agent.markRefused(index)
  }

  /** Operations turned a framework's offered or used resources into others (RESERVE, CREATE, …). */
  updateAllocation(frameworkId: string, agentId: string, change: { before: Resources; after: Resources }): void {
    const agent = this.agent(agentId)
    this.release(agent, frameworkId, change.before)
    this.changeTotal(agent, agent.total.subtract(change.before.unallocated()).add(change.after.unallocated()))
    this.addAllocation(frameworkId, agentId, change.after)
  }

  /** Operations on free resources (an operator's RESERVE, CREATE, …); returns why not, or undefined when done. */
  updateAvailable(agentId: string, conversions: readonly Conversion[]): string | undefined {
    const agent = this.agent(agentId)
    const available = agent.available().convert(conversions)
    if (!available.ok) return available.error
    const total = agent.total.convert(conversions)
    if (!total.ok) return total.error
    this.changeTotal(agent, total.resources)
    return undefined
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  /** An event asks for a run before the next batch, or the rest of a run waits. */
  get isRunWanted(): boolean {
    return !this.paused && (this.runs.isInRun || this.agenda.isRunWanted)
  }

  /** A run was cut; until it is done no other starts. */
  get isInRun(): boolean {
    return this.runs.isInRun
  }

  /** Runs that have been started. */
  get runCount(): number {
    return this.runs.count
  }

  /** When the next run over all agents is due. */
  get nextBatchAt(): Millis {
    return this.agenda.batchAt
  }

  /**
   * Runs over all agents when the interval has passed (or `batch` says so), else over those that an event named.
   * About `workMax` frameworks are looked at; what is left is for the next call, and `isRunWanted` until then. Any
   * event may come in between.
   */
  allocate(now: Millis, { batch = now >= this.nextBatchAt, workMax = Infinity }: AllocateOptions = {}): Allocation[] {
    if (this.paused) return []
    if (batch) this.agenda.wantBatch()
    return this.runs.advance(now, workMax)
  }

  private isOffered(agent: AgentState): boolean {
    return !agent.isGone && agent.active && (this.whitelist === undefined || this.whitelist.has(agent.hostname))
  }

  /** Total, and what each framework has, of one agent. */
  agentResources(agentId: string): AgentResources {
    const { total, allocations } = this.agent(agentId)
    return { total, allocations, available: this.agent(agentId).available() }
  }

  /** All known roles by name. */
  snapshot(): RoleSnapshot[] {
    return this.roles.all().map((node) => snapshotRole(node, this.names))
  }

  /** Live decline filters of a role. */
  filterCount(role: string): number {
    return this.filters.count(role)
  }

  /** Agents that the framework's offer constraints keep from the role. */
  excludedAgents(frameworkId: string, role: string): string[] {
    const framework = this.framework(frameworkId)
    if (!framework.hasConstraints) return []
    return [...this.agents.values()].filter((agent) => framework.excludes(role, agent)).map((agent) => agent.id)
  }

  private agent(agentId: string): AgentState {
    const agent = this.agents.get(agentId)
    invariant(agent, 'unknown agent', { agentId })
    return agent
  }

  private framework(frameworkId: string): FrameworkState {
    const framework = this.frameworks.get(frameworkId)
    invariant(framework, 'unknown framework', { frameworkId })
    return framework
  }

  private release(agent: AgentState, frameworkId: string, resources: Resources): void {
    const allocated = agent.allocations.get(frameworkId) ?? Resources.empty
    if (!allocated.contains(resources)) {
      const texts = { allocated: allocated.toString(), recovered: resources.toString() }
      throw new BrokenInvariant('more resources recovered than allocated', { frameworkId, agentId: agent.id, ...texts })
    }
    agent.takeBack(frameworkId, resources)
    for (const [role, part] of resources.allocations()) {
      this.roles.untrack({ role, frameworkId, agentId: agent.id, resources: part })
    }
    this.agenda.unsettle(agent)
  }

  private addTotal(total: Resources, sign: 1 | -1): void {
    for (const item of total.items) {
      if (item.type !== 'SCALAR') continue
      const index = this.names.indexOf(item.meta.name)
      addAt(this.total.vector, index, sign * item.milli)
      if (countsAgainstQuota(item)) addAt(this.total.quotaScalars, index, sign * item.milli)
    }
    this.total.version++
    this.roles.trackReservations(total, sign)
  }

  private changeTotal(agent: AgentState, total: Resources): void {
    this.addTotal(total, 1)
    this.addTotal(agent.total, -1)
    agent.setTotal(this.totals.of(total))
    this.agenda.unsettle(agent)
  }

  private refreshClient(framework: FrameworkState, role: string): void {
    this.roles.setClient(role, framework.id, { subscribed: true, active: framework.wants(role) })
  }
}
