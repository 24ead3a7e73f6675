import type { MasterConfig } from '@thermosphere/master-core'

/** The flags' defaults with shorter waits, so that minutes are enough to see agents lost and found. */
export const masterConfig: Omit<MasterConfig, 'allocationWorkMax' | 'stepWorkMax'> = {
  cluster: undefined,
  agentPingTimeoutMs: 5_000,
  maxAgentPingTimeouts: 3,
  agentReregisterTimeoutMs: 45_000,
  agentRemovalRateLimit: undefined,
  recoveryAgentRemovalLimit: 1,
  allocationIntervalMs: 1_000,
  offerTimeoutMs: 30_000,
  maxCompletedFrameworks: 10,
  maxCompletedTasksPerFramework: 1_000,
  maxUnreachableTasksPerFramework: 1_000,
  maxOperatorSubscribers: 10,
  registryMaxAgentAgeMs: 14 * 86_400_000,
  registryMaxAgentCount: 1_000,
  registryGcIntervalMs: 900_000,
  allocatorRecoveryFactor: 0.8,
  allocatorRecoveryTimeoutMs: 60_000,
  requireAgentDomain: false,
  rootSubmissions: true,
  roles: undefined,
  publishPerFrameworkMetrics: false,
  acls: undefined,
  rateLimits: undefined,
}
