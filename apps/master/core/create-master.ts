import type { mesos } from '@thermosphere/protocol'
import { Allocator } from '@thermosphere/offer-engine'
import type { AllocatorOptions } from '@thermosphere/offer-engine'
import type { Millis, Random } from '@thermosphere/effects'
import { createCounters } from './counters.ts'
import { machineKey } from './machines.ts'
import { applyQuota } from './operator/quota.ts'
import { Capacity } from './books/capacity.ts'
import { RoleLedger } from './books/role-ledger.ts'
import { Limiters } from './rate-limits/limiter.ts'
import { MessageCounts } from './rate-limits/messages.ts'
import { createRing } from './ring.ts'
import { entriesOf } from './registry.ts'
import { masterCounterNames } from './views/metric-names.ts'
import type { Framework, Master, MasterConfig } from './model.ts'
import type { Registry } from './registry.ts'

export type MasterSeed = {
  readonly config: MasterConfig
  readonly info: mesos.MasterInfo
  readonly registry: Registry
  readonly random: Random
  readonly allocator?: Omit<AllocatorOptions, 'random' | 'allocationIntervalMs'>
  /** When the process started; without it this is when. */
  readonly startedAt?: Millis
  readonly now: Millis
}

/** A master that has just become the leader: it knows what the registry knows and waits for everybody to come back. */
export function createMaster({ config, info, registry, random, allocator, startedAt, now }: MasterSeed): Master {
  const m: Master = {
    config,
    info,
    startedAt: startedAt ?? now,
    electedAt: now,
    random,
    allocator: new Allocator({ random, allocationIntervalMs: config.allocationIntervalMs, ...allocator }),
    frameworks: new Map(),
    streams: new Map(),
    completedFrameworks: createRing<Framework>(config.maxCompletedFrameworks),
    agents: new Map(),
    agentsByAddress: new Map(),
    links: new Map(),
    recoveredAgents: new Map(registry.admitted),
    recoveredCount: registry.admitted.size,
    removals: new Map(),
    nextRemovalAt: 0,
    unreachableAgents: new Map(registry.unreachable),
    goneAgents: new Map(registry.gone),
    entries: entriesOf(registry),
    transitions: new Map(),
    offers: new Map(),
    inverseOffers: new Map(),
    inverseAnswers: new Map(),
    inverseFilters: new Map(),
    machines: new Map(registry.machines.map((machine) => [machineKey(machine.id), { ...machine }])),
    schedule: registry.schedule,
    quotas: new Map(),
    weights: new Map(registry.weights),
    operatorStreams: new Map(),
    counters: createCounters(masterCounterNames),
    messages: new MessageCounts(),
    limiters: new Limiters(config.rateLimits),
    roleLedger: new RoleLedger(),
    capacity: new Capacity(),
    agentsAwaited: undefined,
    nextFramework: 0,
    nextAgent: 0,
    nextOffer: 0,
    now,
    effects: [],
    nextStoreId: 1,
    left: [],
    rests: [],
  }
  for (const config of registry.quotas) applyQuota(m, config)
  m.allocator.setWeights(m.weights)
  awaitAgents(m)
  return m
}

/** Offers made while most agents are missing could break a quota. */
function awaitAgents(m: Master): void {
  if (m.quotas.size === 0 || m.recoveredAgents.size === 0) return
  m.agentsAwaited = Math.floor(m.recoveredAgents.size * m.config.allocatorRecoveryFactor)
  if (m.agentsAwaited > 0) m.allocator.pause()
  else m.agentsAwaited = undefined
}
