import type { mesos } from '@thermosphere/protocol'
import { toMilli } from '../resources/index.ts'
import type { Item, Quantities, Resources } from '../resources/index.ts'
import type { AgentState } from './agents/agent-state.ts'
import { compileOfferConstraints, isExcluded } from './filters/offer-constraints.ts'
import type { CompiledConstraints } from './filters/offer-constraints.ts'
import type { FrameworkSpec } from './types.ts'

/** A framework as the allocator sees it. */
export class FrameworkState {
  readonly id: string
  roles: ReadonlySet<string> = new Set()
  suppressed = new Set<string>()
  active = true
  private capabilities: ReadonlySet<mesos.FrameworkInfo_Capability_Type> = new Set()
  private minAllocatable: ReadonlyMap<string, readonly Quantities[]> = new Map()
  private constraints: CompiledConstraints = new Map()
  /** Verdicts of the constraints by role and agent; cleared when either changes. */
  private readonly excluded = new Map<string, Map<AgentState, boolean>>()

  constructor(spec: FrameworkSpec) {
    this.id = spec.id
    this.active = spec.active ?? true
    this.update(spec)
  }

  update(spec: FrameworkSpec): void {
    this.constraints = compileOfferConstraints(spec.offerConstraints)
    this.excluded.clear()
    this.roles = new Set(spec.roles)
    this.suppressed = new Set(spec.suppressedRoles)
    this.capabilities = new Set(spec.capabilities)
    this.minAllocatable = new Map(Object.entries(spec.offerFilters ?? {}).flatMap(minAllocatableEntry))
  }

  /** The named roles as far as it is subscribed to them; all of its roles when none are named. */
  subscribedOf(roles: readonly string[] | undefined): string[] {
    return roles?.length ? roles.filter((role) => this.roles.has(role)) : [...this.roles]
  }

  wants(role: string): boolean {
    return this.active && this.roles.has(role) && !this.suppressed.has(role)
  }

  /** The framework's own minimum for the role, if it set one; an empty list asks for nothing. */
  minimumFor(role: string): readonly Quantities[] | undefined {
    return this.minAllocatable.get(role)
  }

  excludes(role: string, agent: AgentState): boolean {
    if (!this.hasConstraints || !this.constraints.has(role)) return false
    const verdicts = this.excluded.get(role) ?? new Map<AgentState, boolean>()
    this.excluded.set(role, verdicts)
    const known = verdicts.get(agent)
    if (known !== undefined) return known
    const verdict = isExcluded(this.constraints, role, agent)
    verdicts.set(agent, verdict)
    return verdict
  }

  get hasConstraints(): boolean {
    return this.constraints.size > 0
  }

  forgetAgent(agent: AgentState): void {
    for (const verdicts of this.excluded.values()) verdicts.delete(agent)
  }

  /** Whether the agent's kind is offered to this framework in this role at all. */
  accepts(role: string, agent: AgentState, options: { filterGpuResources: boolean }): boolean {
    if (options.filterGpuResources && agent.hasGpus && !this.capabilities.has('GPU_RESOURCES')) return false
    if (agent.isRemote && !this.capabilities.has('REGION_AWARE')) return false
    if (this.capabilities.has('MULTI_ROLE') && !agent.can('MULTI_ROLE')) return false
    return agent.can('HIERARCHICAL_ROLE') || !role.includes('/')
  }

  /** Without what the framework would not understand. */
  strip(resources: Resources): Resources {
    if (resources.isPlain || resources.items.every(isPlain)) return resources
    return resources.filter((item) => this.understands(item))
  }

  private understands({ meta }: Item): boolean {
    return (
      (!meta.shared || this.capabilities.has('SHARED_RESOURCES')) &&
      (meta.revocable === undefined || this.capabilities.has('REVOCABLE_RESOURCES')) &&
      (meta.reservations.length < 2 || this.capabilities.has('RESERVATION_REFINEMENT'))
    )
  }
}

function isPlain({ meta }: Item): boolean {
  return !meta.shared && meta.revocable === undefined && meta.reservations.length < 2
}

function minAllocatableEntry([role, filters]: [string, mesos.OfferFilters]): [string, Quantities[]][] {
  const minimum = filters.min_allocatable_resources
  if (!minimum) return []
  const sets = (minimum.quantities ?? []).map(
    ({ quantities = {} }) => new Map(Object.entries(quantities).map(([name, { value }]) => [name, toMilli(value)])),
  )
  return [[role, sets]]
}
