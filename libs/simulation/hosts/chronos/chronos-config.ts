import type { ChronosConfig } from '@thermosphere/chronos-core'
import type { mesos } from '@thermosphere/protocol'

/** The defaults of the flags with shorter waits, so that a simulation converges in minutes. */
export const chronosConfig: ChronosConfig = {
  defaults: { cpus: 0.1, mem: 16, disk: 1, user: 'root', epsilon: undefined },
  role: '*',
  failureRetryMs: 10_000,
  disableAfterFailures: 0,
  legacyRetryGate: false,
  declineSeconds: undefined,
  reconciliationIntervalMs: 60_000,
  reviveIntervalMinMs: 5_000,
  jobHistoryLimit: 5,
  historyRunsMax: 1_000,
  historyTotalMax: 10_000,
  historyTtlMs: 365 * 86_400_000,
  unreachableTimeoutMs: 120_000,
  hostname: 'chronos',
}

export const chronosFramework = (id: string | undefined): mesos.FrameworkInfo => ({
  name: 'chronos',
  user: 'root',
  roles: [chronosConfig.role],
  checkpoint: true,
  failover_timeout: 604_800,
  hostname: 'chronos',
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
  ...(id !== undefined && { id: { value: id } }),
})
