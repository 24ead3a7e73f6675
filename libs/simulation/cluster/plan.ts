/** Which parts a cluster has and where they are: the plan of `thermo up`, with a front before each part. */
import { freePorts } from '@thermosphere/test-kit'
import { planCluster, planOptions } from '@thermosphere/cli'
import type { Part } from '@thermosphere/cli'
import type { FrontPlace } from './network/front.ts'

export type ClusterOptions = {
  /** 1 unless said. */
  readonly masters?: number
  /** 1 unless said. */
  readonly agents?: number
  /** How many Marathons; none unless said. */
  readonly marathon?: number
  /** How many Chronos; none unless said. */
  readonly chronos?: number
  /** What each agent offers, as in `cpus:4;mem:1024;disk:1024;ports:[31000-31999]`. */
  readonly resources?: string
  /** Further flags of all parts of a kind: `name=value`. */
  readonly flags?: Readonly<Partial<Record<'master' | 'agent' | 'marathon' | 'chronos', readonly string[]>>>
  /** `in-process` (the default): within this process, in memory. `processes`: as `thermo up` starts them. */
  readonly mode?: 'in-process' | 'processes'
  /** `virtual`: `clock.advance` lets time pass for the cores. In-process only. */
  readonly clock?: 'real' | 'virtual'
  /** Where processes keep their state; `sqlite` unless said. An etcd is started with the cluster. */
  readonly store?: 'sqlite' | 'etcd'
}

export type PlannedPart = {
  readonly part: Part
  readonly place: FrontPlace
  /** Those of the part, which listens behind its front. */
  readonly flags: readonly string[]
}

/** Many clusters of one process, each on an address of its own behind their fronts. */
let clusterCount = 0

const machine = { cpus: 4, memMib: 4096, diskMib: 16_384 }

function placeOf(part: Part, behind: string): PlannedPart {
  // The members of etcd have peers of their own and no front.
  if (part.kind === 'etcd')
    return { part, place: { host: part.ip, port: part.port, behind: part.ip }, flags: part.flags }
  const isServer = part.kind === 'master' || part.kind === 'agent'
  const ipFlag = isServer ? '--ip=' : '--http_address='
  const flags = part.flags.filter((flag) => !flag.startsWith(ipFlag) && !flag.startsWith('--hostname='))
  return {
    part,
    place: { host: part.ip, port: part.port, behind },
    flags: [...flags, `${ipFlag}${behind}`, `--hostname=${part.ip}`],
  }
}

export async function planParts(options: ClusterOptions, workDir: string): Promise<Map<string, PlannedPart>> {
  const { masters = 1, agents = 1, marathon = 0, chronos = 0 } = options
  const first = await freePorts(masters + agents + marathon + chronos + 2)
  const without = ['gateway', ...(marathon === 0 ? ['marathon'] : []), ...(chronos === 0 ? ['chronos'] : [])]
  const { resources, flags = {} } = options
  const planned = planOptions(
    {
      masters,
      agents,
      marathons: Math.max(1, marathon),
      chronoses: Math.max(1, chronos),
      store: options.store ?? 'sqlite',
      resources,
      without,
      masterPort: first,
      agentPort: first + masters,
      marathonPort: first + masters + agents,
      chronosPort: first + masters + agents + marathon,
      etcdPort: first + masters + agents + marathon + chronos,
      masterFlag: flags.master,
      agentFlag: flags.agent,
      marathonFlag: flags.marathon,
      chronosFlag: flags.chronos,
    },
    workDir,
  )
  const behind = `127.77.${Math.floor(clusterCount / 250) % 250}.${(clusterCount++ % 250) + 1}`
  return new Map(planCluster(planned, machine).map((part) => [part.name, placeOf(part, behind)]))
}
