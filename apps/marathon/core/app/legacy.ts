/**
 * Deprecated fields of requests become canonical ones: `uris` → `fetch`, `ports` → `portDefinitions`,
 * `ipAddress` and `container.docker.network` → `networks`, `container.docker.portMappings` → `container.portMappings`.
 */
import type { App, AppRequest, Network, PortMapping } from './app-schema.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

export type AppPatch = Partial<Omit<App, 'version' | 'versionInfo'>>
export type LegacyOptions = { readonly mesosBridgeName: string }

type Translated = { readonly patch: AppPatch; readonly problems: readonly Problem[] }
type LegacyContainer = NonNullable<AppRequest['container']>

const archivePattern = /\.(tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz|zip|tar|gz)$/

export function translateLegacy(request: AppRequest, options: LegacyOptions): Translated {
  const { uris, ports, ipAddress, container, residency: _residency, version: _version, ...rest } = request
  const problems = legacyProblems(request)
  const networks = legacyNetworks(request, options) ?? rest.networks
  const patch: Record<string, unknown> = { ...rest, networks }
  if (uris !== undefined && uris.length > 0) patch['fetch'] = uris.map(fetchOf)
  if (ports !== undefined) patch['portDefinitions'] ??= ports.map((port) => ({ port, protocol: 'tcp' }))
  if (container !== undefined) patch['container'] = canonicalContainer(container, problems)
  if (ipAddress !== undefined) addIpAddressContainer(patch, request)
  for (const key of Object.keys(patch)) if (patch[key] === undefined) delete patch[key]
  return { patch, problems }
}

function fetchOf(uri: string) {
  return { uri, extract: archivePattern.test(uri), executable: false, cache: false }
}

function legacyProblems(request: AppRequest): Problem[] {
  const { uris, fetch, ports, portDefinitions, ipAddress, networks, container } = request
  const found: Problem[] = []
  const dockerNetwork = container?.docker?.network
  if (uris?.length && fetch?.length) found.push(problem('/uris', 'may not be set in conjunction with fetch'))
  if (ports?.length && portDefinitions?.length && !arePortsEquivalent(ports, portDefinitions))
    found.push(problem('/', 'cannot specify both ports and port definitions'))
  const fixed = (ports ?? []).filter((port) => port !== 0)
  if (new Set(fixed).size !== fixed.length) found.push(problem('/ports', 'ports must be unique'))
  if (dockerNetwork !== undefined && networks?.length)
    found.push(problem('/', 'must not specify both container.docker.network and networks'))
  if (ipAddress && networks?.length) found.push(problem('/', 'must not specify both networks and ipAddress'))
  if (ipAddress && ports?.length) found.push(problem('/', 'cannot specify both an IP address and port'))
  if (ipAddress?.discovery?.ports?.length && container?.type === 'DOCKER')
    found.push(problem('/', 'ipAddress/discovery is not allowed for Docker containers'))
  if (dockerNetwork === 'NONE') found.push(problem('/container/docker/network', 'unsupported docker network type NONE'))
  return found
}

function arePortsEquivalent(ports: readonly number[], definitions: readonly { port: number }[]): boolean {
  return ports.length === definitions.length && ports.every((port, index) => port === definitions[index]?.port)
}

function legacyNetworks(request: AppRequest, options: LegacyOptions): Network[] | undefined {
  const { ipAddress, container } = request
  const labels = ipAddress?.labels ? { labels: ipAddress.labels } : {}
  const name = ipAddress?.networkName
  switch (container?.docker?.network) {
    case 'HOST':
      return [{ mode: 'host' }]
    case 'BRIDGE':
      return [{ mode: 'container/bridge', ...labels }]
    case 'USER':
      return [{ mode: 'container', ...(name === undefined ? {} : { name }), ...labels }]
    case 'NONE':
    case undefined:
      break
  }
  if (ipAddress === undefined) return undefined
  if (name === options.mesosBridgeName) return [{ mode: 'container/bridge', ...labels }]
  return [{ mode: 'container', ...(name === undefined ? {} : { name }), ...labels }]
}

function canonicalContainer(container: LegacyContainer, problems: Problem[]): Record<string, unknown> {
  const { docker, ...rest } = container
  if (docker === undefined) return rest
  const { network: _network, portMappings, credential, ...canonical } = docker
  if (credential !== undefined) problems.push(problem('/container/docker/credential', 'must be empty'))
  if (portMappings?.length && rest.portMappings?.length)
    problems.push(problem('/container', 'cannot specify both portMappings and docker.portMappings'))
  return { ...rest, docker: canonical, portMappings: rest.portMappings ?? portMappings }
}

/** An app with its own address and no container gets an empty Mesos container that carries the ports. */
function addIpAddressContainer(patch: Record<string, unknown>, request: AppRequest): void {
  const ports = request.ipAddress?.discovery?.ports
  const container = patch['container'] ?? { type: 'MESOS', volumes: [] }
  patch['container'] = ports?.length ? { ...container, portMappings: ports.map(mappingOfDiscovery) } : container
}

function mappingOfDiscovery(port: {
  number: number
  name?: string | undefined
  protocol: PortMapping['protocol']
  labels: Record<string, string>
}): PortMapping {
  const { number, name, protocol, labels } = port
  return { containerPort: number, servicePort: 0, protocol, labels, ...(name === undefined ? {} : { name }) }
}
