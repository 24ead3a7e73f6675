import type { mesos } from '@thermosphere/protocol'
import { durationText, millisOf } from '../ids.ts'
import type { AgentState, ExecutorPlace } from '../state.ts'

const DOCKER_SANDBOX = '/mnt/mesos/sandbox'
const SUBSCRIPTION_BACKOFF_MAX = '2secs'

export type EnvironmentOptions = {
  readonly isDocker: boolean
  readonly task?: mesos.TaskInfo
  /** Of a nested container; the executor's otherwise. */
  readonly sandbox?: string
}

/** The variables that Mesos gives to executors (and that command tasks inherit from theirs). */
export function executorEnvironment(
  state: AgentState,
  { framework, executor }: ExecutorPlace,
  options: EnvironmentOptions,
): Record<string, string> {
  const { config } = state
  const endpoint = `${config.ip}:${config.port}`
  const sandbox = options.sandbox ?? executor.directory
  const grace = millisOf(executor.info.shutdown_grace_period, config.executorShutdownGraceMs)
  const role = allocationRole(options.task?.resources ?? executor.info.resources)
  return {
    ...(options.isDocker ? {} : config.executorEnvironment),
    LIBPROCESS_IP: config.ip,
    LIBPROCESS_PORT: '0',
    MESOS_AGENT_ENDPOINT: endpoint,
    MESOS_CHECKPOINT: framework.info.checkpoint === true ? '1' : '0',
    MESOS_DIRECTORY: executor.directory,
    MESOS_EXECUTOR_ID: executor.id,
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: durationText(grace),
    MESOS_FRAMEWORK_ID: framework.id,
    MESOS_HTTP_COMMAND_EXECUTOR: '0',
    MESOS_SANDBOX: options.isDocker ? DOCKER_SANDBOX : sandbox,
    MESOS_SLAVE_ID: state.agentId ?? '',
    MESOS_SLAVE_PID: `slave(1)@${endpoint}`,
    ...(options.task === undefined || role === undefined ? {} : { MESOS_ALLOCATION_ROLE: role }),
    ...(options.isDocker ? { MESOS_CONTAINER_NAME: `mesos-${executor.containerId}` } : {}),
    ...(framework.info.checkpoint === true
      ? {
          MESOS_RECOVERY_TIMEOUT: durationText(config.recoveryTimeoutMs),
          MESOS_SUBSCRIPTION_BACKOFF_MAX: SUBSCRIPTION_BACKOFF_MAX,
        }
      : {}),
  }
}

/** What the framework asked for; secrets given by value count as values. */
export function taskEnvironment(command: mesos.CommandInfo | undefined): Record<string, string> {
  const entries = (command?.environment?.variables ?? []).map((variable) => [variable.name, valueOf(variable)] as const)
  return Object.fromEntries(entries)
}

function valueOf(variable: mesos.Environment_Variable): string {
  if (variable.type !== 'SECRET') return variable.value ?? ''
  return new TextDecoder().decode(variable.secret?.value?.data ?? new Uint8Array())
}

export function allocationRole(resources: readonly mesos.Resource[] | undefined): string | undefined {
  return resources?.find((resource) => resource.allocation_info?.role !== undefined)?.allocation_info?.role
}
