import type { Millis, Random } from '@thermosphere/effects'
import type { Refusal } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { App } from '../app/index.ts'
import type { MarathonConfig } from '../config.ts'
import type { Deployment } from '../deployment/index.ts'
import { emptyRoot } from '../group/index.ts'
import type { Group, RootGroup } from '../group/index.ts'
import { Instances } from '../instance/index.ts'
import type { ApiResponse } from '../messages.ts'

/** A root as it was: apps by the version they had. */
export type RootVersion = {
  readonly version: string
  readonly groups: readonly Group[]
  readonly apps: ReadonlyMap<string, string>
}

export type TaskFailure = {
  readonly appId: string
  readonly host: string
  readonly message: string
  readonly state: string
  readonly taskId: string
  readonly timestamp: string
  readonly version: string
  readonly slaveId: string
}

export type Backoff = { readonly delayMs: Millis; readonly startedAt: Millis }

/** What one check of one task has told. Kept in memory only. */
export type Health = {
  alive: boolean
  consecutiveFailures: number
  firstSuccess?: Millis
  lastSuccess?: Millis
  lastFailure?: Millis
  lastFailureCause?: string
}

type Readiness = {
  readonly ready: boolean
  readonly response?: { readonly status: number; readonly contentType: string; readonly body: string }
}

export type UnusedOffer = { readonly offer: mesos.Offer; readonly refusals: readonly Refusal[]; readonly at: Millis }

/** Why offers were not used for an app since it began to wait. */
export type OfferStats = {
  processedCount: number
  unusedCount: number
  lastUsedAt?: Millis
  lastUnusedAt?: Millis
  /** Since the launch attempt began: offers by their first failing reason. */
  readonly attempt: Map<string, number>
  /** The last offer of each agent. */
  readonly last: Map<string, UnusedOffer>
}

/** `paidUntil`: each revive pays one interval ahead of now; how far ahead it may get bounds a burst. */
type RoleDemand = { isSuppressed: boolean; paidUntil: Millis }
type Kill = { readonly instanceId: string; readonly agentId: string; attempts: number; sentAt: Millis }
type PendingWipe = { readonly requestId: number; readonly left: Set<string>; readonly response: ApiResponse }

/** Everything Marathon knows. Changed in place, only inside `step`. */
export type MarathonState = {
  readonly config: MarathonConfig
  readonly random: Random
  root: RootGroup
  readonly rootVersions: RootVersion[]
  /** Every kept version of an app, oldest first. */
  readonly appVersions: Map<string, App[]>
  readonly instances: Instances
  readonly deployments: Map<string, Deployment>
  readonly failures: Map<string, TaskFailure>
  frameworkId: string | undefined
  mesos: { isConnected: boolean; master: { address: string; region?: string } | undefined; hasSubscribedOnce: boolean }
  readonly roles: Map<string, RoleDemand>
  readonly backoffs: Map<string, Backoff>
  readonly offerStats: Map<string, OfferStats>
  /** By instance id, one entry per check of its definition, undefined before the first result. */
  readonly health: Map<string, (Health | undefined)[]>
  readonly readiness: Map<string, Readiness>
  readonly checkResults: Map<string, mesos.CheckStatusInfo>
  /** By task id. */
  readonly kills: Map<string, Kill>
  readonly killQueue: Set<string>
  readonly launching: Set<string>
  /** Offers that came while the launch tokens were used up. */
  readonly heldOffers: Map<string, mesos.Offer>
  readonly pendingWipes: Set<PendingWipe>
  readonly evaluateAt: Map<string, Millis>
}

export function createState(config: MarathonConfig, random: Random): MarathonState {
  return {
    config,
    random,
    root: emptyRoot('1970-01-01T00:00:00.000Z'),
    rootVersions: [],
    appVersions: new Map(),
    instances: new Instances(),
    deployments: new Map(),
    failures: new Map(),
    frameworkId: undefined,
    mesos: { isConnected: false, master: undefined, hasSubscribedOnce: false },
    roles: new Map(),
    backoffs: new Map(),
    offerStats: new Map(),
    health: new Map(),
    readiness: new Map(),
    checkResults: new Map(),
    kills: new Map(),
    killQueue: new Set(),
    launching: new Set(),
    heldOffers: new Map(),
    pendingWipes: new Set(),
    evaluateAt: new Map(),
  }
}

/** The definition an instance runs; falls back to the newest while an old version was pruned. */
export function appOfVersion(state: MarathonState, appId: string, version: string): App | undefined {
  const versions = state.appVersions.get(appId)
  return versions?.findLast((app) => app.version === version) ?? state.root.apps.get(appId) ?? versions?.at(-1)
}

export function deploymentOf(state: MarathonState, appId: string): Deployment | undefined {
  for (const deployment of state.deployments.values()) if (deployment.affected.has(appId)) return deployment
  return undefined
}
