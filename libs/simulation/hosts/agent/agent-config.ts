import { CAPABILITIES } from '@thermosphere/agent-core'
import type { AgentConfig } from '@thermosphere/agent-core'
import { loadMax } from './machine.ts'
import type { Machine } from './machine.ts'

/** What every simulated host has. */
export const agentCpus = 4

export const agentConfig = (hostname: string, port: number): AgentConfig => ({
  workDir: '/w',
  ip: '10.0.0.1',
  port,
  hostname,
  version: '1.12.0',
  resources: [
    { name: 'cpus', type: 'SCALAR', scalar: { value: agentCpus } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 4096 } },
    { name: 'disk', type: 'SCALAR', scalar: { value: 4096 } },
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31_000n, end: 31_100n }] } },
  ],
  attributes: [],
  domain: undefined,
  capabilities: CAPABILITIES,
  reconfigurationPolicy: 'equal',
  executorRegistrationTimeoutMs: 60_000,
  executorReregistrationTimeoutMs: 2_000,
  executorShutdownGraceMs: 5_000,
  registrationBackoffMs: 1_000,
  recoveryTimeoutMs: 900_000,
  executorEnvironment: { PATH: '/bin' },
  switchUser: false,
  enforcesLimits: true,
  oversubscription: undefined,
  loadThresholds: undefined,
  acls: undefined,
  completedFrameworksMax: 10,
  completedExecutorsMax: 100,
  completedTasksMax: 100,
})

/** As often as Mesos asks its estimator. */
const estimateMs = 15_000
const lookAtLoadMs = 5_000

/** What its estimator says changes with its host. */
export const oversubscribedConfig = (machine: Machine): AgentConfig => ({
  ...agentConfig(machine.name, 5051),
  oversubscription: {
    get resources() {
      return machine.spare
    },
    intervalMs: estimateMs,
  },
  loadThresholds: { fiveMinutes: loadMax, fifteenMinutes: undefined, intervalMs: lookAtLoadMs },
})
