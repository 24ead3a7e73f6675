/** Fills what a definition leaves out, as Marathon's normalisation does; the result is canonical and complete. */
import { parentOf, resolvePath } from '../ids/index.ts'
import { appSchema } from './app-schema.ts'
import type { App, Container, HealthCheck, Network, PortMapping } from './app-schema.ts'
import type { AppPatch } from './legacy.ts'

export type NormalizeOptions = {
  readonly defaultRole: string
  readonly defaultNetworkName: string | undefined
}

const defaults = {
  instances: 1,
  cpus: 1,
  mem: 128,
  disk: 0,
  gpus: 0,
  executor: '',
  env: {},
  labels: {},
  constraints: [],
  fetch: [],
  networks: [],
  requirePorts: false,
  healthChecks: [],
  readinessChecks: [],
  dependencies: [],
  backoffSeconds: 1,
  backoffFactor: 1.15,
  maxLaunchDelaySeconds: 300,
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  killSelection: 'YOUNGEST_FIRST',
  unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
  secrets: {},
}

/** Lays `patch` over `base` (or over the defaults) and normalises. `id` must be absolute. */
export function completeApp(
  base: App | undefined,
  patch: AppPatch & { readonly id: string },
  options: NormalizeOptions,
): App {
  const version = base?.version ?? ''
  const versionInfo = base?.versionInfo ?? { lastScalingAt: '', lastConfigChangeAt: '' }
  const start = base ?? { ...defaults, role: options.defaultRole }
  return normalize(appSchema.parse({ ...start, ...patch, version, versionInfo }), patch, options)
}

function normalize(app: App, patch: AppPatch, options: NormalizeOptions): App {
  const networks = app.networks.length === 0 ? [{ mode: 'host' as const }] : app.networks.map(namedBy(options))
  const isHost = networks.some((network) => network.mode === 'host')
  const { portDefinitions: _portDefinitions, container, args, check, ...rest } = app
  const ports = isHost ? hostPorts(app) : {}
  const placed = isHost ? hostContainer(container, patch) : mappedContainer(app, networks)
  const result: App = {
    ...rest,
    ...(args === undefined || args.length === 0 ? {} : { args }),
    ...(check === undefined ? {} : { check }),
    ...ports,
    ...(placed === undefined ? {} : { container: placed }),
    networks,
    requirePorts: isHost && app.requirePorts,
    constraints: normalizeConstraints(app.constraints),
    dependencies: [...new Set(app.dependencies.map((id) => resolvePath(parentOf(app.id), id)))],
  }
  return { ...result, healthChecks: result.healthChecks.map((check) => withPortIndex(check, result)) }
}

function namedBy(options: NormalizeOptions): (network: Network) => Network {
  return (network) =>
    network.mode === 'container' && network.name === undefined && options.defaultNetworkName !== undefined
      ? { ...network, name: options.defaultNetworkName }
      : network
}

function hostPorts(app: App): Pick<App, 'portDefinitions'> {
  return { portDefinitions: app.portDefinitions ?? [{ port: 0, name: 'default', protocol: 'tcp' }] }
}

/** Mappings left over from an earlier network are dropped; mappings of this very request stay and are refused. */
function hostContainer(container: Container | undefined, patch: AppPatch): Container | undefined {
  if (container === undefined) return undefined
  const { portMappings, ...rest } = container
  return portMappings?.length && patch.container !== undefined ? container : rest
}

function mappedContainer(app: App, networks: readonly Network[]): Container {
  const isBridge = networks.some((network) => network.mode === 'container/bridge')
  const container = app.container ?? { type: 'MESOS' as const, volumes: [] }
  const given = container.portMappings
  const blank: PortMapping = { containerPort: 0, servicePort: 0, protocol: 'tcp', labels: {} }
  const initial = given ?? (app.container === undefined ? [] : [{ ...blank, name: 'default' }])
  const declared = app.portDefinitions?.length ?? 0
  const missing = Array.from({ length: Math.max(0, declared - initial.length) }, () => blank)
  const portMappings = [...initial, ...missing].map((mapping) =>
    isBridge ? { ...mapping, hostPort: mapping.hostPort ?? 0 } : mapping,
  )
  return { ...container, portMappings }
}

function normalizeConstraints(constraints: readonly (readonly string[])[]): string[][] {
  const unique = new Map<string, string[]>()
  for (const [field, operator, ...rest] of constraints) {
    const value = [field, operator?.toUpperCase(), ...rest].filter((part) => part !== undefined)
    unique.set(JSON.stringify(value), value)
  }
  return [...unique.values()]
}

function withPortIndex(check: HealthCheck, app: App): HealthCheck {
  const hasPorts = portCount(app) > 0
  const isOpen = check.port === undefined && check.portIndex === undefined && check.protocol !== 'COMMAND'
  return isOpen && hasPorts ? { ...check, portIndex: 0 } : check
}

/** How many ports an app declares, in either form. */
export function portCount(app: App): number {
  return app.portDefinitions?.length ?? app.container?.portMappings?.length ?? 0
}
