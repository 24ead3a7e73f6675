/** What an agent tells an executor through its environment. */
import { z } from 'zod'

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['ms', 1],
  ['secs', 1000],
  ['mins', 60_000],
  ['hrs', 3_600_000],
  ['days', 86_400_000],
  ['weeks', 604_800_000],
])

function parseDuration(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? []
  const unitMs = unitsMs.get(unit)
  return unitMs === undefined ? undefined : Number(amount) * unitMs
}

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  context.addIssue(`'${text}' is not a duration such as 5secs`)
  return z.NEVER
})

const environmentSchema = z.object({
  MESOS_FRAMEWORK_ID: z.string().min(1),
  MESOS_EXECUTOR_ID: z.string().min(1),
  MESOS_AGENT_ENDPOINT: z.string().min(1),
  MESOS_SLAVE_PID: z.string().default('slave(1)@'),
  MESOS_DIRECTORY: z.string().optional(),
  MESOS_SANDBOX: z.string().optional(),
  MESOS_CHECKPOINT: z
    .enum(['0', '1', 'false', 'true'])
    .default('0')
    .transform((text) => text === '1' || text === 'true'),
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: duration.default(5000),
  MESOS_RECOVERY_TIMEOUT: duration.default(900_000),
  MESOS_SUBSCRIPTION_BACKOFF_MAX: duration.default(2000),
  MESOS_EXECUTOR_AUTHENTICATION_TOKEN: z.string().optional(),
  MESOS_DOMAIN_SOCKET: z.string().optional(),
})

export type ExecutorSettings = {
  readonly frameworkId: string
  readonly executorId: string
  /** `host:port`. */
  readonly agentEndpoint: string
  /** Absolute path of a UNIX socket that replaces the endpoint, and the component that answers there. */
  readonly domainSocket: string | undefined
  readonly agentComponent: string
  readonly sandbox: string | undefined
  /** Whether the executor outlives its agent. */
  readonly isCheckpointing: boolean
  readonly shutdownGraceMs: number
  readonly recoveryTimeoutMs: number
  readonly backoffMaxMs: number
  readonly authenticationToken: string | undefined
}

/** Reads the MESOS_* variables; throws a ZodError that names what is missing or wrong. */
export function parseExecutorSettings(environment: Readonly<Record<string, string | undefined>>): ExecutorSettings {
  const parsed = environmentSchema.parse(environment)
  return {
    frameworkId: parsed.MESOS_FRAMEWORK_ID,
    executorId: parsed.MESOS_EXECUTOR_ID,
    agentEndpoint: parsed.MESOS_AGENT_ENDPOINT,
    domainSocket: parsed.MESOS_DOMAIN_SOCKET,
    agentComponent: parsed.MESOS_SLAVE_PID.split('@', 1)[0] ?? 'slave(1)',
    sandbox: parsed.MESOS_SANDBOX ?? parsed.MESOS_DIRECTORY,
    isCheckpointing: parsed.MESOS_CHECKPOINT,
    shutdownGraceMs: parsed.MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD,
    recoveryTimeoutMs: parsed.MESOS_RECOVERY_TIMEOUT,
    backoffMaxMs: parsed.MESOS_SUBSCRIPTION_BACKOFF_MAX,
    authenticationToken: parsed.MESOS_EXECUTOR_AUTHENTICATION_TOKEN,
  }
}
