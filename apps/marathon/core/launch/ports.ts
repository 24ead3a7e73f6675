/** The ports an app declares, in one form for host, bridge and container networks. */
import type { App } from '../app/index.ts'

export type DeclaredPort = {
  readonly name: string | undefined
  readonly protocol: string
  readonly labels: Readonly<Record<string, string>>
  /** The host port asked for: a number, 0 for any, undefined for none. */
  readonly hostPort: number | undefined
  /** The number the app wrote: container port with mappings, else the port of the definition. */
  readonly declared: number
  readonly containerPort: number | undefined
}

export function declaredPorts(app: App): DeclaredPort[] {
  if (app.portDefinitions !== undefined)
    return app.portDefinitions.map(({ port, protocol, name, labels }) => ({
      name,
      protocol,
      labels: labels ?? {},
      hostPort: app.requirePorts ? port : 0,
      declared: port,
      containerPort: undefined,
    }))
  return (app.container?.portMappings ?? []).map(({ containerPort, hostPort, protocol, name, labels }) => ({
    name,
    protocol,
    labels,
    hostPort,
    declared: containerPort,
    containerPort,
  }))
}
