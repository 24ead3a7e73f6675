import { readRateLimits } from '@thermosphere/master-core'
import type { MasterConfig, Registry } from '@thermosphere/master-core'
import { readAcls } from '@thermosphere/protocol/acls'
import { ResourceParseError, Resources } from '@thermosphere/offer-engine'
import type { AllocatorOptions, Quantities } from '@thermosphere/offer-engine'
import { parseDuration, StartupError } from '@thermosphere/service-kit'
import type { Config } from '../config.ts'
import { MASTER_LIMITS } from '../limits.ts'

/** The part of the flags that the core decides by. */
export const coreConfig = (config: Config): MasterConfig => ({
  cluster: config.cluster,
  agentPingTimeoutMs: config.agent_ping_timeout,
  maxAgentPingTimeouts: config.max_agent_ping_timeouts,
  agentReregisterTimeoutMs: config.agent_reregister_timeout,
  agentRemovalRateLimit: rateLimit(config.agent_removal_rate_limit),
  recoveryAgentRemovalLimit: Number.parseFloat(config.recovery_agent_removal_limit) / 100,
  allocationIntervalMs: config.allocation_interval,
  allocationWorkMax: MASTER_LIMITS.allocationWorkMax,
  stepWorkMax: MASTER_LIMITS.stepWorkMax,
  offerTimeoutMs: config.offer_timeout,
  maxCompletedFrameworks: config.max_completed_frameworks,
  maxCompletedTasksPerFramework: config.max_completed_tasks_per_framework,
  maxUnreachableTasksPerFramework: config.max_unreachable_tasks_per_framework,
  maxOperatorSubscribers: config.max_operator_event_stream_subscribers,
  registryMaxAgentAgeMs: config.registry_max_agent_age,
  registryMaxAgentCount: config.registry_max_agent_count,
  registryGcIntervalMs: config.registry_gc_interval,
  allocatorRecoveryFactor: config.allocator_agent_recovery_factor,
  allocatorRecoveryTimeoutMs: config.allocator_recovery_timeout,
  requireAgentDomain: config.require_agent_domain,
  rootSubmissions: config.root_submissions,
  roles: config.roles,
  publishPerFrameworkMetrics: config.publish_per_framework_metrics,
  acls: config.acls && readAcls(config.acls),
  rateLimits: config.rate_limits && readRateLimits(config.rate_limits),
})

export const allocatorOptions = (config: Config): Omit<AllocatorOptions, 'random' | 'allocationIntervalMs'> => ({
  minAllocatable: minAllocatable(config.min_allocatable_resources),
  filterGpuResources: config.filter_gpu_resources,
  roleSorter: config.role_sorter,
  frameworkSorter: config.framework_sorter,
  ...(config.domain && { domain: config.domain }),
  ...(config.fair_sharing_excluded_resource_names && {
    fairSharingExcludedNames: config.fair_sharing_excluded_resource_names,
  }),
})

/** `1/10mins` */
function rateLimit(text: string | undefined): MasterConfig['agentRemovalRateLimit'] {
  if (text === undefined) return undefined
  const [count = '', duration = ''] = text.split('/')
  return { count: Number(count), perMs: parseDuration(duration) ?? 0 }
}

function minAllocatable(text: string): Quantities[] {
  try {
    return text
      .split('|')
      .filter((part) => part.trim() !== '')
      .map((part) => Resources.parse(part).scalarQuantities())
  } catch (error) {
    if (!(error instanceof ResourceParseError)) throw error
    throw new StartupError(`--min_allocatable_resources is not understood: ${error.message}`, { cause: error })
  }
}

/** `--weights` fills an empty registry; after that the registry knows better. */
export function withFirstWeights(registry: Registry, text: string | undefined): Registry {
  if (text === undefined || registry.weights.size > 0) return registry
  const weights = new Map<string, number>()
  for (const pair of text.split(',')) {
    const [role = '', weight = ''] = pair.split('=')
    if (!(Number(weight) > 0)) throw new StartupError(`--weights: '${pair}' is not role=weight with a positive weight`)
    weights.set(role.trim(), Number(weight))
  }
  return { ...registry, weights }
}
