/** What service discovery sees of a task. */
import type { mesos } from '@thermosphere/protocol'
import type { App } from '../app/index.ts'
import { hostNameForm } from '../ids/index.ts'
import { labelsOf } from './container.ts'
import { declaredPorts } from './ports.ts'
import type { DeclaredPort } from './ports.ts'

export function discoveryInfo(app: App, hostPorts: readonly (number | null)[], effective: readonly number[]) {
  const ports = declaredPorts(app).flatMap((port, index) =>
    discoveryPorts(app, port, { hostPort: hostPorts[index], effective: effective[index] ?? 0 }),
  )
  const info: mesos.DiscoveryInfo = { visibility: 'FRAMEWORK', name: hostNameForm(app.id), ports: { ports } }
  return info
}

type Numbers = { readonly hostPort: number | null | undefined; readonly effective: number }

function discoveryPorts(app: App, port: DeclaredPort, { hostPort, effective }: Numbers): mesos.Port[] {
  const isHost = app.networks.every(({ mode }) => mode === 'host')
  const protocols = port.protocol.split(',')
  const entry = (protocol: string, number: number, extra: Record<string, string>): mesos.Port => {
    const labels = labelsOf({ ...port.labels, ...extra })
    return {
      number,
      protocol,
      ...(port.name === undefined ? {} : { name: port.name }),
      ...(labels === undefined ? {} : { labels }),
    }
  }
  if (isHost) return protocols.map((protocol) => entry(protocol, hostPort ?? 0, {}))
  if (typeof hostPort === 'number')
    return protocols.map((protocol) => entry(protocol, hostPort, { 'network-scope': 'host' }))
  const networks = app.networks.flatMap(({ name }) => (name === undefined ? [] : [name]))
  return protocols.flatMap((protocol) =>
    networks.map((name) => entry(protocol, effective, { 'network-scope': 'container', 'network-name': name })),
  )
}
