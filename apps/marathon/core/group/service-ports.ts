/** Service ports: every declared port of an app carries a number that is unique in the cluster unless it was fixed. */
import type { App } from '../app/index.ts'
import type { RootGroup } from './root-group.ts'

export type PortRange = { readonly min: number; readonly max: number }

export class ServicePortsExhausted extends Error {
  constructor(range: PortRange) {
    super(`All ports in the range [${range.min}-${range.max}) are already in use`)
    this.name = 'ServicePortsExhausted'
  }
}

/** The service ports in order of declaration; 0 is not assigned yet. */
export function servicePorts(app: App): number[] {
  return (
    app.portDefinitions?.map(({ port }) => port) ??
    app.container?.portMappings?.map(({ servicePort }) => servicePort) ??
    []
  )
}

function withServicePorts(app: App, ports: readonly number[]): App {
  if (app.portDefinitions !== undefined)
    return { ...app, portDefinitions: app.portDefinitions.map((item, i) => ({ ...item, port: ports[i] ?? item.port })) }
  const { container } = app
  if (container?.portMappings === undefined) return app
  const portMappings = container.portMappings.map((item, i) => ({ ...item, servicePort: ports[i] ?? item.servicePort }))
  return { ...app, container: { ...container, portMappings } }
}

/** Replaces the zeros of every app: first by the numbers the app had before, then by free ones. */
export function assignServicePorts(before: RootGroup, after: RootGroup, range: PortRange): RootGroup {
  const open = [...after.apps.values()].filter((app) => servicePorts(app).includes(0))
  if (open.length === 0) return after
  const used = new Set([...after.apps.values()].flatMap(servicePorts))
  const apps = new Map(after.apps)
  let next = range.min
  const take = (): number => {
    while (used.has(next)) next++
    if (next > range.max) throw new ServicePortsExhausted(range)
    used.add(next)
    return next
  }
  for (const app of open) {
    const previous = before.apps.get(app.id)
    const fixed = new Set(servicePorts(app))
    const reusable =
      previous === undefined ? [] : servicePorts(previous).filter((port) => port !== 0 && !fixed.has(port))
    for (const port of reusable) used.add(port)
    apps.set(
      app.id,
      withServicePorts(
        app,
        servicePorts(app).map((port) => (port === 0 ? (reusable.shift() ?? take()) : port)),
      ),
    )
  }
  return { ...after, apps }
}
