import type { mesos } from '@thermosphere/protocol'
import { commandProblem } from './command.ts'

type Refusal = string | undefined

export const isNegative = (duration: mesos.DurationInfo | undefined): boolean =>
  duration !== undefined && Number(duration.nanoseconds) < 0

/** Why a health check cannot be run. */
export function healthCheckProblem(check: mesos.HealthCheck): Refusal {
  return (
    memberProblem(check) ??
    durationsProblem(
      check,
      ['delay_seconds', 'interval_seconds', 'timeout_seconds', 'grace_period_seconds'],
      'health check',
    )
  )
}

function memberProblem(check: mesos.HealthCheck): Refusal {
  switch (check.type) {
    case 'COMMAND':
      return check.command
        ? checkCommandProblem(check.command, 'health check')
        : "Expecting 'command' to be set for COMMAND health check"
    case 'HTTP':
      return check.http ? httpProblem(check.http) : "Expecting 'http' to be set for HTTP health check"
    case 'TCP':
      return check.tcp ? undefined : "Expecting 'tcp' to be set for TCP health check"
    case undefined:
      return "HealthCheck must specify 'type'"
    default:
      return `'${check.type}' is not a valid health check type`
  }
}

function checkCommandProblem(command: mesos.CommandInfo, kind: string): Refusal {
  if (command.value === undefined) {
    return command.shell === false
      ? `Command ${kind} must contain an executable path`
      : `Command ${kind} must contain 'shell command'`
  }
  const problem = commandProblem(command)
  return problem && `Check's \`CommandInfo\` is invalid: ${problem}`
}

function httpProblem(http: mesos.HealthCheck_HTTPCheckInfo): Refusal {
  if (http.scheme !== undefined && http.scheme !== 'http' && http.scheme !== 'https') {
    return `Unsupported HTTP health check scheme: '${http.scheme}'`
  }
  return pathProblem(http.path, 'health check')
}

const pathProblem = (path: string | undefined, kind: string): Refusal =>
  path !== undefined && !path.startsWith('/') ? `The path '${path}' of HTTP ${kind} must start with '/'` : undefined

function durationsProblem<K extends string>(
  check: Partial<Record<K, number | undefined>>,
  fields: readonly K[],
  kind: string,
): Refusal {
  const bad = fields.find((field) => (check[field] ?? 0) < 0)
  return bad && `Expecting '${bad}' of ${kind} to be non-negative`
}

/** Why a check cannot be run. */
export function checkProblem(check: mesos.CheckInfo): Refusal {
  return (
    checkMemberProblem(check) ??
    durationsProblem(check, ['delay_seconds', 'interval_seconds', 'timeout_seconds'], 'check')
  )
}

function checkMemberProblem(check: mesos.CheckInfo): Refusal {
  switch (check.type) {
    case 'COMMAND':
      return check.command
        ? checkCommandProblem(check.command.command, 'check')
        : "Expecting 'command' to be set for COMMAND check"
    case 'HTTP':
      return check.http ? pathProblem(check.http.path, 'check') : "Expecting 'http' to be set for HTTP check"
    case 'TCP':
      return check.tcp ? undefined : "Expecting 'tcp' to be set for TCP check"
    case undefined:
      return "CheckInfo must specify 'type'"
    default:
      return `'${check.type}' is not a valid check type`
  }
}
