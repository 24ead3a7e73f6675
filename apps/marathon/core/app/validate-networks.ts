import type { App, PortMapping } from './app-schema.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

const legacyName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

export function validateNetworks(app: App): Problem[] {
  return [...validateNetworkList(app), ...validatePortDefinitions(app), ...validatePortMappings(app)]
}

function validateNetworkList(app: App): Problem[] {
  const found: Problem[] = []
  const { networks } = app
  const count = (mode: string): number => networks.filter((network) => network.mode === mode).length
  const isSingle = networks.length === 1
  if (!isSingle && count('container') !== networks.length)
    found.push(
      problem(
        '/networks',
        'May specify a single host network, single bridge network, or else 1-to-n container networks',
      ),
    )
  for (const [index, network] of networks.entries()) {
    const at = `/networks(${index})`
    if (network.mode === 'host' && (network.name !== undefined || Object.keys(network.labels ?? {}).length > 0))
      found.push(problem(at, 'Host networks may not have names or labels'))
    if (network.mode === 'container/bridge' && network.name !== undefined)
      found.push(problem(at, 'Bridge networks may not have names'))
    if (network.mode === 'container' && network.name === undefined)
      found.push(problem(at, 'Network name must be specified when container network is selected.'))
  }
  const names = networks.filter((network) => network.mode === 'container').map((network) => network.name)
  if (new Set(names).size !== names.length) found.push(problem('/networks', 'Duplicate networks are not allowed'))
  if (app.container?.type === 'DOCKER' && names.length > 1)
    found.push(
      problem('/networks', 'may only specify a single container network when using the Docker container engine'),
    )
  return found
}

function hasDuplicates(values: readonly unknown[]): boolean {
  return new Set(values).size !== values.length
}

function namesOf(ports: readonly { name?: string | undefined }[]): string[] {
  return ports.flatMap(({ name }) => (name === undefined ? [] : [name]))
}

function validateNames(at: string, ports: readonly { name?: string | undefined }[]): Problem[] {
  const bad = ports.flatMap(({ name }, index) =>
    name === undefined || legacyName.test(name)
      ? []
      : [problem(`${at}(${index})/name`, `must fully match regular expression '${legacyName.source}'`)],
  )
  return hasDuplicates(namesOf(ports)) ? [...bad, problem(at, 'Port names must be unique.')] : bad
}

function validatePortDefinitions(app: App): Problem[] {
  const definitions = app.portDefinitions
  if (definitions === undefined) return []
  const found = validateNames('/portDefinitions', definitions)
  const fixed = definitions.map(({ port }) => port).filter((port) => port !== 0)
  if (hasDuplicates(fixed)) found.push(problem('/portDefinitions', 'Ports must be unique.'))
  return found
}

function validatePortMappings(app: App): Problem[] {
  const mappings = app.container?.portMappings
  if (mappings === undefined) return []
  const at = '/container/portMappings'
  if (app.networks.some((network) => network.mode === 'host'))
    return mappings.length === 0 ? [] : [problem(at, 'portMappings are not allowed with host-networking')]
  const names = app.networks.flatMap(({ name }) => (name === undefined ? [] : [name]))
  return [
    ...validateNames(at, mappings),
    ...mappings.flatMap((mapping, i) => mappingProblems(mapping, `${at}(${i})`, names)),
  ]
}

function mappingProblems(mapping: PortMapping, at: string, names: readonly string[]): Problem[] {
  const found: Problem[] = []
  const wanted = mapping.networkNames ?? []
  for (const [index, name] of wanted.entries())
    if (!names.includes(name))
      found.push(problem(`${at}/networkNames(${index})`, `networkNames must be a subset of the networks of the app`))
  if (names.length > 1 && mapping.hostPort !== undefined && wanted.length !== 1)
    found.push(
      problem(
        at,
        'networkNames must be a single item list when hostPort is specified ' +
          'and more than 1 container network is defined',
      ),
    )
  return found
}
