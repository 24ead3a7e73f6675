import type { allocator as inverse, maintenance, mesos, quota, scheduler } from '@thermosphere/protocol'
import type { Acls } from '@thermosphere/protocol/acls'
import type { Allocator, Resources } from '@thermosphere/offer-engine'
import type { Millis, Random } from '@thermosphere/effects'
import type { Sight } from './access/sight.ts'
import type { Effect, SchedulerRequest } from './effects.ts'
import type { Counters } from './counters.ts'
import type { Capacity } from './books/capacity.ts'
import type { PagedList } from './books/paged-list.ts'
import type { RoleLedger } from './books/role-ledger.ts'
import type { Tally } from './books/tally.ts'
import type { TaskBook, TaskHistory } from './books/task-book.ts'
import type { RateLimits } from './rate-limits/form.ts'
import type { Limiters } from './rate-limits/limiter.ts'
import type { MessageCounts } from './rate-limits/messages.ts'
import type { Rest } from './steps/rest.ts'
import type { Ring } from './ring.ts'

export type FrameworkId = string
export type AgentId = string
export type TaskId = string
type ExecutorId = string
type OfferId = string
export type RoleName = string
export type StreamId = string
export type LinkId = number
export type RequestId = number

/** What the core needs to know of the flags. */
export interface MasterConfig {
  readonly cluster: string | undefined
  readonly agentPingTimeoutMs: Millis
  readonly maxAgentPingTimeouts: number
  readonly agentReregisterTimeoutMs: Millis
  /** So many agents in that time are taken for lost at most. */
  readonly agentRemovalRateLimit: { readonly count: number; readonly perMs: Millis } | undefined
  /** The share of the agents that may be missing after a failover; with more the master gives up. */
  readonly recoveryAgentRemovalLimit: number
  readonly allocationIntervalMs: Millis
  /** An allocation looks at about so many frameworks before other inputs have their turn. */
  readonly allocationWorkMax: number
  /** So many tasks, offers or agents are dealt with at most before the event loop has its turn. */
  readonly stepWorkMax: number
  readonly offerTimeoutMs: Millis | undefined
  readonly maxCompletedFrameworks: number
  readonly maxCompletedTasksPerFramework: number
  readonly maxUnreachableTasksPerFramework: number
  readonly maxOperatorSubscribers: number
  readonly registryMaxAgentAgeMs: Millis
  readonly registryMaxAgentCount: number
  readonly registryGcIntervalMs: Millis
  /** With quota set, offers wait after a failover until this share of the agents is back, or that time is over. */
  readonly allocatorRecoveryFactor: number
  readonly allocatorRecoveryTimeoutMs: Millis
  readonly requireAgentDomain: boolean
  readonly rootSubmissions: boolean
  readonly roles: readonly RoleName[] | undefined
  readonly publishPerFrameworkMetrics: boolean
  /** Who may do what; without it everybody may do everything. */
  readonly acls: Acls | undefined
  /** How often frameworks may call; without it as often as they like. */
  readonly rateLimits: RateLimits | undefined
}

/** Connected to a scheduler, waiting for one to return, or known through agents only. */
type Connection =
  | { readonly state: 'connected'; readonly streamId: StreamId; readonly since: Millis }
  | { readonly state: 'disconnected' }
  | { readonly state: 'recovered' }

export interface Framework {
  readonly id: FrameworkId
  info: mesos.FrameworkInfo
  connection: Connection
  /** Of a scheduler that speaks by messages (v0), until another kind takes its place. */
  pid: string | undefined
  /** Gets offers. */
  active: boolean
  roles: readonly RoleName[]
  suppressed: Set<RoleName>
  capabilities: ReadonlySet<string>
  offerConstraints: scheduler.OfferConstraints | undefined
  registeredAt: Millis
  reregisteredAt: Millis
  unregisteredAt: Millis
  readonly tasks: TaskBook
  readonly unreachableTasks: TaskBook
  readonly completedTasks: TaskHistory
  readonly executors: Map<AgentId, Map<ExecutorId, Executor>>
  /** The same, as endpoints list them. */
  readonly executorList: PagedList<Executor, Executor>
  readonly offers: Set<Offer>
  readonly offered: Tally<Offer>
  readonly inverseOffers: Set<InverseOffer>
  readonly operations: Map<string, Operation>
  /** Tasks and executors, by agent. */
  readonly used: Tally<AgentId>
  readonly counters: Counters
}

export interface Task {
  readonly id: TaskId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  /** Wire form, kept current; replaced as a whole, by `rewriteTask`, so that encodings are known by identity. */
  wire: mesos.Task
  readonly resources: Resources
  /** False once its resources went back to the allocator. */
  holdsResources: boolean
  killRequested: boolean
}

export interface Executor {
  readonly info: mesos.ExecutorInfo
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly resources: Resources
}

export interface Offer {
  readonly id: OfferId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly role: RoleName
  readonly resources: Resources
}

/** What is left of the accepted offers while the operations run, in order. */
export interface Acceptance {
  readonly framework: Framework
  readonly agent: Agent
  readonly role: string
  /** Still unused. */
  remaining: Resources
  /** Made by reservations and volumes of this very call: goes back without a filter. */
  converted: Resources
}

export interface InverseOffer {
  readonly id: OfferId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly unavailability: mesos.Unavailability
}

export interface Operation {
  readonly uuid: string
  readonly uuidBytes: Uint8Array
  readonly frameworkId: FrameworkId | undefined
  readonly agentId: AgentId
  readonly info: mesos.Offer_Operation
  /** The agent's total already counts what the operation makes, on trust. */
  assumed: boolean
  latest: mesos.OperationStatus
  statuses: mesos.OperationStatus[]
}

/** Where an agent goes once the registry write that is under way is durable. */
export type AgentTransition = 'returning' | 'unreachable' | 'gone'

export interface Agent {
  readonly id: AgentId
  info: mesos.AgentInfo
  version: string
  ip: string
  link: LinkId | undefined
  capabilities: readonly mesos.AgentInfo_Capability[]
  connected: boolean
  deactivated: boolean
  drain: mesos.DrainInfo | undefined
  drainStartedAt: Millis
  registeredAt: Millis
  reregisteredAt: Millis | undefined
  total: Resources
  /** Of the total, as the agent counts it; undefined until an operation has failed there. */
  resourceVersion: mesos.UUID | undefined
  pingMisses: number
  readonly tasks: Set<Task>
  readonly executors: Map<FrameworkId, Map<ExecutorId, Executor>>
  readonly offers: Set<Offer>
  readonly offered: Tally<Offer>
  readonly inverseOffers: Set<InverseOffer>
  readonly operations: Map<string, Operation>
  readonly used: Tally<FrameworkId>
}

/** What the registry keeps of an agent besides its lists. */
export interface AgentRecord {
  readonly info: mesos.AgentInfo
  readonly deactivated: boolean
  readonly drain: mesos.DrainInfo | undefined
  readonly drainStartedAt: Millis
}

export interface UnreachableAgent extends AgentRecord {
  readonly at: Millis
}

/** Where the registry will have an agent once every write that is under way is durable. */
export type AgentEntry =
  | { readonly list: 'admitted'; readonly record: AgentRecord }
  | { readonly list: 'unreachable'; readonly record: UnreachableAgent }

export interface GoneAgent {
  readonly at: Millis
}

export type MachineMode = 'UP' | 'DRAINING' | 'DOWN'

export interface Machine {
  readonly id: mesos.MachineID
  mode: MachineMode
  unavailability: mesos.Unavailability | undefined
}

/** A stream of the agent link: first unknown, then an agent's. */
type Link =
  | { readonly state: 'open'; readonly ip: string }
  | { readonly state: 'joining'; readonly ip: string }
  | { readonly state: 'joined'; readonly ip: string; readonly agentId: AgentId }

/** What may have to wait: a framework's call, and the end of its stream behind it. */
export type Throttled =
  | { readonly type: 'call'; readonly request: SchedulerRequest }
  | { readonly type: 'stream-closed'; readonly streamId: StreamId }

/** The whole state of a master. Owned by `step`; endpoints read it through view functions. */
export interface Master {
  readonly config: MasterConfig
  readonly info: mesos.MasterInfo
  /** When the process started. */
  readonly startedAt: Millis
  /** When it became the leader. */
  readonly electedAt: Millis
  readonly random: Random
  readonly allocator: Allocator
  readonly frameworks: Map<FrameworkId, Framework>
  readonly streams: Map<StreamId, FrameworkId>
  readonly completedFrameworks: Ring<Framework>
  readonly agents: Map<AgentId, Agent>
  readonly agentsByAddress: Map<string, Set<AgentId>>
  readonly links: Map<LinkId, Link>
  readonly recoveredAgents: Map<AgentId, AgentRecord>
  /** How many there were at first. */
  readonly recoveredCount: number
  /** Agents taken for lost that wait for the limiter, and why. */
  readonly removals: Map<AgentId, string>
  nextRemovalAt: Millis
  readonly unreachableAgents: Map<AgentId, UnreachableAgent>
  readonly goneAgents: Map<AgentId, GoneAgent>
  /** Of all that are admitted or unreachable: each write of one starts from the write before, durable or not. */
  readonly entries: Map<AgentId, AgentEntry>
  /** One at a time of each agent: what is told after a write must still be so. */
  readonly transitions: Map<AgentId, AgentTransition>
  readonly offers: Map<OfferId, Offer>
  readonly inverseOffers: Map<OfferId, InverseOffer>
  readonly inverseAnswers: Map<AgentId, Map<FrameworkId, inverse.InverseOfferStatus>>
  readonly inverseFilters: Map<string, Millis>
  readonly machines: Map<string, Machine>
  schedule: maintenance.Schedule
  readonly quotas: Map<RoleName, quota.QuotaConfig>
  readonly weights: Map<RoleName, number>
  /** With what each subscriber may see. */
  readonly operatorStreams: Map<StreamId, Sight>
  readonly counters: Counters
  readonly messages: MessageCounts
  readonly limiters: Limiters<Throttled>
  readonly roleLedger: RoleLedger
  readonly capacity: Capacity
  /** Agents that must be back before offers are made again; undefined when that is no question. */
  agentsAwaited: number | undefined
  nextFramework: number
  nextAgent: number
  nextOffer: number
  /** The time, the effects and the store effects of the step that is running. */
  now: Millis
  effects: Effect[]
  nextStoreId: number
  /** Of the step that is under way: what was left just now, and what was begun, innermost last. */
  readonly left: Rest[]
  readonly rests: Rest[]
}
