import type { Millis, Random } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'

/** In the order of the checks, which is the order of the funnel in Marathon's queue. */
export const refusalReasons = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
  'NoOfferAvailable',
] as const

/** One of refusalReasons. */
export type RefusalReason = (typeof refusalReasons)[number]

/** Why an offer does not fit, with what was needed and what was there, in words for people. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly needed: string
  readonly offered: string
}

/** Marathon's operators, and IN for a list of values. */
export type ConstraintOperator = 'UNIQUE' | 'CLUSTER' | 'GROUP_BY' | 'LIKE' | 'UNLIKE' | 'MAX_PER' | 'IS' | 'IN'

/** `field`: `hostname`, `@hostname`, `@region`, `@zone` or the name of an agent attribute. */
export interface PlacementConstraint {
  readonly field: string
  readonly operator: ConstraintOperator
  readonly value?: string | undefined
}

/** Where an instance runs. */
export interface Placement {
  readonly hostname: string
  readonly attributes?: readonly mesos.Attribute[] | undefined
  readonly region?: string | undefined
  readonly zone?: string | undefined
}

/** What one instance needs, executor included. */
export interface Demand {
  readonly role: string
  /** Roles of the resources it may use; default `*` and its own. */
  readonly acceptedResourceRoles?: readonly string[] | undefined
  readonly cpus: number
  readonly mem: number
  readonly disk?: number
  readonly gpus?: number
  /** In order of declaration: a number = that host port, 0 = any free one, undefined = none. */
  readonly hostPorts?: readonly (number | undefined)[]
  readonly constraints?: readonly PlacementConstraint[]
  /** Use only resources that are dynamically reserved with these labels (a relaunch on its reservation). */
  readonly reservationLabels?: Readonly<Record<string, string>>
}

/** What a match depends on beside the offer and the demand. */
export interface MatchContext {
  readonly random: Random
  /** Instances that the constraints consider: reachable, and of the current configuration. */
  readonly placed?: readonly Placement[]
  /** How many instances there shall be; GROUP_BY spreads these. */
  readonly instances?: number
  /** The master's region: without a constraint on region or zone other regions are refused. */
  readonly localRegion?: string | undefined
  /** `restricted` (default): agents with GPUs are kept for demands that need GPUs. */
  readonly gpuScheduling?: 'restricted' | 'unrestricted'
  /** Present = agents in maintenance, or soon to be, are refused. */
  readonly maintenance?: { readonly now: Millis; readonly drainingMs: Millis } | undefined
}

/** An instance fits: launch it with these. */
export interface Match {
  readonly kind: 'match'
  /** Ready for TaskInfo.resources, in the format of the offer. */
  readonly resources: mesos.Resource[]
  /** As `Demand.hostPorts`, with the ports that were drawn. */
  readonly hostPorts: (number | undefined)[]
}

/** A match, or all that stands against it in the order of refusalReasons. */
export type MatchResult = Match | { readonly kind: 'refused'; readonly reasons: readonly Refusal[] }
