/** Which processes make up a cluster on one machine, with their flags and addresses. Pure. */

export type PartKind = 'master' | 'agent' | 'marathon' | 'chronos' | 'gateway'

export type Part = {
  readonly name: string
  readonly kind: PartKind
  readonly script: string
  readonly flags: readonly string[]
  readonly url: string
  /** What it listens on. */
  readonly ip: string
  readonly port: number
  /** Answers 200 when the part is ready. */
  readonly healthPath: string
}

export type PlanOptions = {
  readonly agents: number
  readonly resources: string | undefined
  readonly ip: string
  readonly cluster: string
  readonly workDir: string
  readonly insecure: boolean
  readonly ports: Readonly<Record<PartKind, number>>
  /** Further flags for every part of a kind: `name=value`. */
  readonly extraFlags: Readonly<Record<PartKind, readonly string[]>>
  readonly without: readonly PartKind[]
}

/** What the machine has to share out among the agents. */
export type MachineSize = { readonly cpus: number; readonly memMib: number; readonly diskMib: number }

const share = (total: number, agents: number): number => Math.max(1, Math.floor((total * 0.8) / agents))

/** Ports are disjoint because the agents of one machine share its addresses. */
const portRange = (index: number): string => `[${31000 + index * 1000}-${31999 + index * 1000}]`

export function agentResources(
  index: number,
  options: { readonly agents: number; readonly machine: MachineSize },
): string {
  const { agents, machine } = options
  const cpus = Math.max(1, Math.ceil(machine.cpus / agents))
  const mem = share(machine.memMib, agents)
  return `cpus:${cpus};mem:${mem};disk:${share(machine.diskMib, agents)};ports:${portRange(index)}`
}

/** Loopback is a whole network: each agent gets an address of its own, so that UNIQUE hostname means something. */
const agentIp = (index: number, { agents, ip }: PlanOptions): string =>
  ip === '127.0.0.1' && agents > 1 ? `127.0.0.${index + 1}` : ip

const agentHostname = (index: number, options: PlanOptions): string[] => {
  if (options.ip !== '127.0.0.1') return []
  return [flag('hostname', options.agents === 1 ? 'localhost' : agentIp(index, options))]
}

const flag = (name: string, value: string | number): string => `--${name}=${value}`

export function planCluster(options: PlanOptions, machine: MachineSize): Part[] {
  const { ip, ports, workDir } = options
  const url = (port: number): string => `http://${ip}:${port}`
  const masterAddress = `${ip}:${ports.master}`
  const insecure = options.insecure ? ['--insecure'] : []
  const extra = (kind: PartKind): string[] => [...insecure, ...options.extraFlags[kind].map((text) => `--${text}`)]
  const master: Part = {
    name: 'master',
    kind: 'master',
    script: 'apps/master/main.ts',
    flags: [
      flag('ip', ip),
      flag('port', ports.master),
      ...(options.cluster === '' ? [] : [flag('cluster', options.cluster)]),
      flag('work_dir', `${workDir}/master`),
      ...extra('master'),
    ],
    url: url(ports.master),
    ip,
    port: ports.master,
    healthPath: '/health',
  }
  const agents = Array.from({ length: options.agents }, (_, index): Part => {
    const port = ports.agent + index
    return {
      name: `agent-${index + 1}`,
      kind: 'agent',
      script: 'apps/agent/main.ts',
      flags: [
        flag('master', masterAddress),
        flag('ip', agentIp(index, options)),
        flag('port', port),
        ...agentHostname(index, options),
        flag('work_dir', `${workDir}/agent-${index + 1}`),
        flag('resources', options.resources ?? agentResources(index, { agents: options.agents, machine })),
        ...extra('agent'),
      ],
      url: `http://${agentIp(index, options)}:${port}`,
      ip: agentIp(index, options),
      port,
      healthPath: '/health',
    }
  })
  return [master, ...agents, ...planServices(options)].filter((part) => !options.without.includes(part.kind))
}

function planServices(options: PlanOptions): Part[] {
  const { ip, ports, workDir } = options
  const insecure = options.insecure ? ['--insecure'] : []
  const url = (port: number): string => `http://${ip}:${port}`
  const http = (port: number): string[] => [flag('http_address', ip), flag('http_port', port), ...insecure]
  const more = (kind: PartKind): string[] => options.extraFlags[kind].map((text) => `--${text}`)
  const masterFlag = flag('master', `${ip}:${ports.master}`)
  const marathon: Part = {
    name: 'marathon',
    kind: 'marathon',
    script: 'apps/marathon/main.ts',
    flags: [masterFlag, ...http(ports.marathon), flag('work_dir', `${workDir}/marathon`), ...more('marathon')],
    url: url(ports.marathon),
    ip,
    port: ports.marathon,
    healthPath: '/ping',
  }
  const chronos: Part = {
    name: 'chronos',
    kind: 'chronos',
    script: 'apps/chronos/main.ts',
    flags: [masterFlag, ...http(ports.chronos), flag('work_dir', `${workDir}/chronos`), ...more('chronos')],
    url: url(ports.chronos),
    ip,
    port: ports.chronos,
    healthPath: '/ping',
  }
  const gateway: Part = {
    name: 'gateway',
    kind: 'gateway',
    script: 'apps/gateway/main.ts',
    flags: [
      flag('ip', ip),
      flag('port', ports.gateway),
      flag('master', `${ip}:${ports.master}`),
      flag('marathon', url(ports.marathon)),
      flag('chronos', url(ports.chronos)),
      ...insecure,
      ...more('gateway'),
    ],
    url: url(ports.gateway),
    ip,
    port: ports.gateway,
    healthPath: '/ping',
  }
  return [marathon, chronos, gateway]
}
