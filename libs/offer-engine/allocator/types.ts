import type { Millis, Random } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Quantities, Resources } from '../resources/index.ts'
import type { SorterKind } from './order/order.ts'

export type { SorterKind }

/** Is told of runs while they happen, to time them. Must not change anything. */
export interface RunObserver {
  /** A run is asked for, perhaps not the first time. */
  wanted(): void
  started(): void
  ended(): void
}

/** What the master's flags say about allocation, with Mesos' defaults. */
export interface AllocatorOptions {
  readonly random: Random
  /** Pause between two runs over all agents. */
  readonly allocationIntervalMs?: Millis
  /** An offer holds at least one of these; default 0.01 cpus or 32 MB. */
  readonly minAllocatable?: readonly Quantities[]
  /** Resource names left out of the fair shares. */
  readonly fairSharingExcludedNames?: readonly string[]
  /** The order of the roles, and of the frameworks of a role. */
  readonly roleSorter?: SorterKind
  readonly frameworkSorter?: SorterKind
  /** Agents with GPUs only for frameworks that know GPUs. */
  readonly filterGpuResources?: boolean
  /** The master's own domain: agents of other regions only for REGION_AWARE frameworks. */
  readonly domain?: mesos.DomainInfo | undefined
  readonly observer?: RunObserver | undefined
}

/** What decides which frameworks an agent is offered to, and its resources. */
export interface AgentDescription {
  readonly hostname: string
  /** Without allocations, with reservations and volumes. */
  readonly total: Resources
  readonly attributes?: readonly mesos.Attribute[] | undefined
  readonly domain?: mesos.DomainInfo | undefined
  readonly capabilities?: readonly mesos.AgentInfo_Capability_Type[] | undefined
}

/** An agent when it comes. */
export interface AgentSpec extends AgentDescription {
  readonly id: string
  readonly active?: boolean
  /** Resources in use by framework, each allocated to a role. */
  readonly used?: ReadonlyMap<string, Resources>
}

/** A framework as it subscribed. */
export interface FrameworkSpec {
  readonly id: string
  readonly roles: readonly string[]
  readonly suppressedRoles?: readonly string[] | undefined
  readonly capabilities?: readonly mesos.FrameworkInfo_Capability_Type[] | undefined
  readonly offerFilters?: Readonly<Record<string, mesos.OfferFilters>> | undefined
  readonly offerConstraints?: scheduler.OfferConstraints | undefined
  readonly active?: boolean
}

/** Resources of an agent that a framework has, offered or used. */
export interface Holding {
  readonly frameworkId: string
  readonly agentId: string
  /** Each allocated to a role. */
  readonly resources: Resources
}

/** Resources granted to a framework for one role: they become one offer. */
export interface Allocation extends Holding {
  readonly role: string
}

/** Bounds of a top-level role, its subtree included. */
export interface Quota {
  readonly guarantees: Quantities
  /** A name that is absent is unlimited. */
  readonly limits: Quantities
}

/** How far a run goes. */
export interface AllocateOptions {
  /** Over all agents, whether the interval has passed or not. */
  readonly batch?: boolean
  /** So many frameworks are looked at, or a few more; unbounded unless given. */
  readonly workMax?: number
}

/** How resources come back. */
export interface RecoverOptions {
  /** How long not to offer the same again; 0 or absent: no filter. */
  readonly refuseMs?: Millis | undefined
  readonly now: Millis
}

/** One role at one moment, for the endpoints. */
export interface RoleSnapshot {
  readonly role: string
  readonly weight: number
  /** Subscribed frameworks, sorted. */
  readonly frameworks: readonly string[]
  readonly quota: Quota | undefined
  /** Offered and used scalars of the role and the roles below it. */
  readonly offeredOrAllocated: Quantities
  /** Scalars reserved to the role and the roles below it, in use or not. */
  readonly reserved: Quantities
  /** What counts against the quota: reservations, and unreserved non-revocable scalars offered or used. */
  readonly quotaOfferedOrConsumed: Quantities
}

/** Who has what of an agent. */
export interface AgentResources {
  readonly total: Resources
  /** By framework, each allocated to roles. */
  readonly allocations: ReadonlyMap<string, Resources>
  readonly available: Resources
}
