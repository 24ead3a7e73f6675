import type { App, HealthCheck } from './app-schema.ts'
import { portCount } from './normalize.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

/** Health checks that the agent runs; the others are run by the scheduler. */
export function isAgentSide(check: HealthCheck): boolean {
  return check.protocol === 'COMMAND' || check.protocol.startsWith('MESOS_')
}

export function validateChecks(app: App): Problem[] {
  return [...validateHealthChecks(app), ...validateReadiness(app), ...validateGeneralCheck(app)]
}

function validateHealthChecks(app: App): Problem[] {
  const found: Problem[] = []
  const ports = portCount(app)
  for (const [index, check] of app.healthChecks.entries()) {
    const at = `/healthChecks(${index})`
    const isWaived = ports === 1 || isAgentSide(check) || check.port !== undefined
    if (check.protocol === 'COMMAND' && check.command === undefined) found.push(problem(`${at}/command`, 'not defined'))
    if (check.protocol !== 'COMMAND' && check.command !== undefined)
      found.push(problem(`${at}/command`, 'must only be defined for COMMAND health checks'))
    if (check.port !== undefined && check.portIndex !== undefined)
      found.push(problem(at, 'HealthCheck must specify either a port or a portIndex'))
    if (!isWaived && (check.portIndex === undefined || check.portIndex >= ports))
      found.push(
        problem(at, 'Health check port indices must address an element of the ports array or container port mappings.'),
      )
    if (check.ipProtocol === 'IPv6' && !(check.protocol.startsWith('MESOS_') && app.container?.type === 'DOCKER'))
      found.push(problem(at, 'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks'))
  }
  if (app.healthChecks.filter((check) => check.protocol.startsWith('MESOS_')).length > 1)
    found.push(problem('/healthChecks', 'AppDefinition can contain at most one Mesos health check'))
  return found
}

function validateReadiness(app: App): Problem[] {
  const found: Problem[] = []
  if (app.readinessChecks.length > 1) found.push(problem('/readinessChecks', 'must have at most 1 readiness check'))
  const ports = app.portDefinitions ?? app.container?.portMappings ?? []
  for (const [index, check] of app.readinessChecks.entries()) {
    const at = `/readinessChecks(${index})`
    if (check.timeoutSeconds >= check.intervalSeconds)
      found.push(problem(`${at}/timeoutSeconds`, `must be less than interval (${check.intervalSeconds})`))
    if (!ports.some(({ name }) => name === check.portName))
      found.push(problem(`${at}/portName`, `No port definition reference for portName ${check.portName}`))
  }
  return found
}

function validateGeneralCheck(app: App): Problem[] {
  const { check } = app
  if (check === undefined) return []
  const found: Problem[] = []
  const kinds = [check.http, check.tcp, check.exec].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) found.push(problem('/check', 'Only one of http, tcp, or command may be specified'))
  if (app.container?.type === 'DOCKER') found.push(problem('/', "AppDefinition must not use 'checks' if using docker"))
  const index = check.http?.portIndex ?? check.tcp?.portIndex
  if (index !== undefined && index >= portCount(app))
    found.push(
      problem('/check', 'check port index must address an element of the ports array or container port mappings.'),
    )
  return found
}
