/** Where a check of the scheduler's has to knock. */
import type { App, HealthCheck, ReadinessCheck } from '../app/index.ts'
import type { Placed } from '../instance/index.ts'
import type { Probe } from '../messages.ts'

type Address = { readonly host: string; readonly port: number }

/** The address of the port with this index: the agent's for host ports, the container's own otherwise. */
function addressOf(app: App, placed: Placed, index: number): Address | undefined {
  const hostPort = placed.task.ports[index]
  const ip = placed.task.ipAddresses[0]?.ipAddress
  const isContainerNetwork = app.networks.some((network) => network.mode === 'container')
  const mapping = app.container?.portMappings?.[index]
  if (isContainerNetwork && mapping !== undefined && mapping.containerPort !== 0)
    return ip === undefined ? undefined : { host: ip, port: mapping.containerPort }
  return typeof hostPort === 'number' ? { host: placed.agent.host, port: hostPort } : undefined
}

export function healthProbe(app: App, placed: Placed, check: HealthCheck): Probe | undefined {
  const isContainerNetwork = app.networks.some((network) => network.mode === 'container')
  const ip = placed.task.ipAddresses[0]?.ipAddress
  const fixedHost = isContainerNetwork ? (ip ?? placed.agent.host) : placed.agent.host
  const address =
    check.port === undefined ? addressOf(app, placed, check.portIndex ?? 0) : { host: fixedHost, port: check.port }
  if (address === undefined) return undefined
  const protocol = check.protocol === 'TCP' ? 'TCP' : check.protocol === 'HTTPS' ? 'HTTPS' : 'HTTP'
  return { ...address, protocol, path: check.path ?? '/', timeoutMs: check.timeoutSeconds * 1000, keepBody: false }
}

export function readinessProbe(app: App, placed: Placed, check: ReadinessCheck): Probe | undefined {
  const ports = app.portDefinitions ?? app.container?.portMappings ?? []
  const address = addressOf(
    app,
    placed,
    ports.findIndex(({ name }) => name === check.portName),
  )
  if (address === undefined) return undefined
  return {
    ...address,
    protocol: check.protocol,
    path: check.path,
    timeoutMs: check.timeoutSeconds * 1000,
    keepBody: true,
  }
}
