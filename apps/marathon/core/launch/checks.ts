/** Checks that the agent runs, as Mesos takes them. */
import type { mesos } from '@thermosphere/protocol'
import { isAgentSide } from '../app/index.ts'
import type { App, HealthCheck } from '../app/index.ts'

type PortOf = (index: number) => number

/** Inside a container with its own network a check uses the container's port. */
export function checkPorts(app: App, effective: readonly number[]): PortOf {
  const isOwnNetwork = app.networks.some(({ mode }) => mode !== 'host')
  return (index) => {
    const containerPort = app.container?.portMappings?.[index]?.containerPort ?? 0
    return isOwnNetwork && containerPort !== 0 ? containerPort : (effective[index] ?? 0)
  }
}

/** Mesos runs one health check a task: the first that is not the scheduler's. */
export function mesosHealthCheck(app: App, portOf: PortOf): mesos.HealthCheck | undefined {
  const check = app.healthChecks.find(isAgentSide)
  return check && { ...timings(check), ...healthCheckKind(check, portOf) }
}

function timings(check: HealthCheck): mesos.HealthCheck {
  return {
    delay_seconds: check.delaySeconds,
    interval_seconds: check.intervalSeconds,
    timeout_seconds: check.timeoutSeconds,
    consecutive_failures: check.maxConsecutiveFailures,
    grace_period_seconds: check.gracePeriodSeconds,
  }
}

function healthCheckKind(check: HealthCheck, portOf: PortOf): mesos.HealthCheck {
  if (check.protocol === 'COMMAND')
    return { type: 'COMMAND', command: { shell: true, value: check.command?.value ?? '' } }
  const port = check.port ?? portOf(check.portIndex ?? 0)
  const protocol = check.ipProtocol === 'IPv6' ? 'IPv6' : 'IPv4'
  if (check.protocol === 'MESOS_TCP') return { type: 'TCP', tcp: { port, protocol } }
  const scheme = check.protocol === 'MESOS_HTTPS' ? 'https' : 'http'
  return { type: 'HTTP', http: { port, protocol, scheme, path: check.path ?? '/' } }
}

export function mesosCheck(app: App, portOf: PortOf): mesos.CheckInfo | undefined {
  const { check } = app
  if (check === undefined) return undefined
  return {
    delay_seconds: check.delaySeconds,
    interval_seconds: check.intervalSeconds,
    timeout_seconds: check.timeoutSeconds,
    ...checkKind(check, portOf),
  }
}

function checkKind(check: NonNullable<App['check']>, portOf: PortOf): mesos.CheckInfo {
  const { http, tcp, exec } = check
  if (http) {
    const path = http.path === undefined ? {} : { path: http.path }
    return { type: 'HTTP', http: { port: http.port ?? portOf(http.portIndex ?? 0), ...path } }
  }
  if (tcp) return { type: 'TCP', tcp: { port: tcp.port ?? portOf(tcp.portIndex ?? 0) } }
  const { shell, argv } = exec?.command ?? {}
  const command: mesos.CommandInfo =
    argv === undefined ? { shell: true, value: shell ?? '' } : { shell: false, value: argv[0] ?? '', arguments: argv }
  return { type: 'COMMAND', command: { command } }
}
