/** Which processes make up a cluster on one machine, with their flags and addresses. Pure. */
import { agentResources } from './agent-resources.ts'
import type { MachineSize } from './agent-resources.ts'
import { flag, nameOf } from './part.ts'
import type { Part, PartKind } from './part.ts'
import { planEtcd, storeFlags } from './store-plan.ts'
import type { StoreChoice } from './store-plan.ts'

export type PlanOptions = {
  readonly masters: number
  readonly agents: number
  readonly marathons: number
  readonly chronoses: number
  readonly store: StoreChoice
  readonly resources: string | undefined
  readonly ip: string
  readonly cluster: string
  readonly workDir: string
  readonly insecure: boolean
  /** Path of the file with the login of the gateway at masters. */
  readonly credential: string | undefined
  /** Of the first of each kind; the others follow. */
  readonly ports: Readonly<Record<PartKind, number>>
  /** Further flags for every part of a kind: `name=value`. */
  readonly extraFlags: Readonly<Record<PartKind, readonly string[]>>
  readonly without: readonly PartKind[]
}

/** Loopback is a whole network: each agent gets an address of its own, so that UNIQUE hostname means something. */
const agentIp = (index: number, { agents, ip }: PlanOptions): string =>
  ip === '127.0.0.1' && agents > 1 ? `127.0.0.${index + 1}` : ip

const agentHostname = (index: number, options: PlanOptions): string[] => {
  if (options.ip !== '127.0.0.1') return []
  return [flag('hostname', options.agents === 1 ? 'localhost' : agentIp(index, options))]
}

const insecureFlag = ({ insecure }: PlanOptions): string[] => (insecure ? ['--insecure'] : [])
const moreFlags = ({ extraFlags }: PlanOptions, kind: PartKind): string[] => extraFlags[kind].map((text) => `--${text}`)
const stateFlags = ({ store, ports }: PlanOptions): string[] => storeFlags({ store, etcdPort: ports.etcd })

/** Mesos' wait is there for thousands that find a new master at once; these few need not. */
const registrationBackoff = ({ extraFlags }: PlanOptions): string[] => {
  const isGiven = extraFlags.agent.some((text) => text.startsWith('registration_backoff_factor='))
  return isGiven ? [] : [flag('registration_backoff_factor', '50ms')]
}

/** `host:port` of every master, for all who have to find the one that leads. */
const masterAddresses = ({ masters, ip, ports }: PlanOptions): string[] =>
  Array.from({ length: masters }, (_, index) => `${ip}:${ports.master + index}`)

export function planCluster(options: PlanOptions, machine: MachineSize): Part[] {
  const { ports, workDir, store, extraFlags } = options
  const etcd = planEtcd({ store, workDir, etcdPort: ports.etcd, etcdFlags: extraFlags.etcd })
  const frameworks = [...planFrameworks(options, 'marathon'), ...planFrameworks(options, 'chronos')]
  const servers = [...planMasters(options), ...planAgents(options, machine), ...frameworks]
  const wanted = [...servers, planGateway(options, frameworks)].filter(({ kind }) => !options.without.includes(kind))
  return [...etcd, ...wanted]
}

/** The systemd unit has the same. */
const masterNodeFlags = [
  // Megabytes. What thousands of agents say is garbage at once; collected seldom, next to nothing of it is copied.
  '--min-semi-space-size=64',
  // Otherwise 64 MB of connections, which are no garbage, have V8 mark the whole heap, up to 10 ms with each connection
  // that follows: thousands come to a new leader. V8 14.8 does without the flag, and refuses it.
  '--external-memory-accounted-in-global-limit',
]

function planMasters(options: PlanOptions): Part[] {
  const { ip, ports, workDir, cluster, masters: count } = options
  return Array.from({ length: count }, (_, index): Part => {
    const port = ports.master + index
    return {
      name: nameOf('master', { index, count }),
      kind: 'master',
      run: { script: 'apps/master/main.ts', nodeFlags: masterNodeFlags },
      flags: [
        flag('ip', ip),
        flag('port', port),
        ...(cluster === '' ? [] : [flag('cluster', cluster)]),
        flag('work_dir', `${workDir}/master`),
        ...stateFlags(options),
        ...insecureFlag(options),
        ...moreFlags(options, 'master'),
      ],
      url: `http://${ip}:${port}`,
      ip,
      port,
      healthPath: '/health',
    }
  })
}

function planAgents(options: PlanOptions, machine: MachineSize): Part[] {
  const { ports, workDir, agents: count } = options
  return Array.from({ length: count }, (_, index): Part => {
    const name = nameOf('agent', { index, count })
    const ip = agentIp(index, options)
    const port = ports.agent + index
    return {
      name,
      kind: 'agent',
      run: { script: 'apps/agent/main.ts' },
      flags: [
        flag('master', masterAddresses(options).join()),
        flag('ip', ip),
        flag('port', port),
        ...agentHostname(index, options),
        flag('work_dir', `${workDir}/${name}`),
        ...registrationBackoff(options),
        flag('resources', options.resources ?? agentResources(index, { agents: count, machine })),
        ...insecureFlag(options),
        ...moreFlags(options, 'agent'),
      ],
      url: `http://${ip}:${port}`,
      ip,
      port,
      healthPath: '/health',
    }
  })
}

function planFrameworks(options: PlanOptions, kind: 'marathon' | 'chronos'): Part[] {
  const { ip, ports, workDir } = options
  const count = { marathon: options.marathons, chronos: options.chronoses }[kind]
  return Array.from({ length: count }, (_, index): Part => {
    const port = ports[kind] + index
    return {
      name: nameOf(kind, { index, count }),
      kind,
      run: { script: `apps/${kind}/main.ts` },
      flags: [
        flag('master', masterAddresses(options).join()),
        flag('http_address', ip),
        flag('http_port', port),
        flag('work_dir', `${workDir}/${kind}`),
        ...stateFlags(options),
        ...insecureFlag(options),
        ...moreFlags(options, kind),
      ],
      url: `http://${ip}:${port}`,
      ip,
      port,
      healthPath: '/ping',
    }
  })
}

function planGateway(options: PlanOptions, frameworks: readonly Part[]): Part {
  const { ip, ports } = options
  const urlsOf = (kind: 'marathon' | 'chronos'): string => {
    const urls = frameworks.filter((part) => part.kind === kind).map(({ url }) => url)
    return urls.length === 0 ? `http://${ip}:${ports[kind]}` : urls.join()
  }
  return {
    name: 'gateway',
    kind: 'gateway',
    run: { script: 'apps/gateway/main.ts' },
    flags: [
      flag('ip', ip),
      flag('port', ports.gateway),
      flag('master', masterAddresses(options).join()),
      flag('marathon', urlsOf('marathon')),
      flag('chronos', urlsOf('chronos')),
      ...(options.credential === undefined ? [] : [flag('credential', options.credential)]),
      ...insecureFlag(options),
      ...moreFlags(options, 'gateway'),
    ],
    url: `http://${ip}:${ports.gateway}`,
    ip,
    port: ports.gateway,
    healthPath: '/ping',
  }
}

/** What two parts of the plan want at once: `port` and their names. */
export function sharedPort(
  parts: readonly Part[],
): { readonly port: number; readonly parts: readonly [Part, Part] } | undefined {
  const seen = new Map<string, Part>()
  for (const part of parts) {
    for (const port of [part.port, ...(part.morePorts ?? [])]) {
      const other = seen.get(`${part.ip}:${port}`)
      if (other !== undefined) return { port, parts: [other, part] }
      seen.set(`${part.ip}:${port}`, part)
    }
  }
  return undefined
}
