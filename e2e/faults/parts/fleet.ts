/** A cluster of real processes: how many of each, on which hosts, with which store. */
import { eventually, freePorts } from '@thermosphere/test-kit'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { root } from '../../harness/cluster.ts'
import { killAll, processesWith } from '../../harness/processes.ts'
import { thisMachine } from './host.ts'
import type { Host } from './host.ts'
import { Part } from './part.ts'
import type { PartKind, PartSpec } from './part.ts'
import { Watchdog } from './watchdog.ts'

export type FleetOptions = {
  readonly workDir: string
  readonly masters: number
  readonly agents: number
  readonly marathons: number
  readonly chronoses: number
  /** Members of etcd; none: each server keeps its state in a SQLite file. */
  readonly etcds: number
  /** On which host a part runs; without it all run on this machine. */
  readonly hostOf?: (kind: PartKind, index: number) => Host
  readonly flags?: Readonly<Partial<Record<PartKind, readonly string[]>>>
  readonly env?: (part: string, workDir: string) => Readonly<Record<string, string>>
  /** Shell commands that remove what the cluster stands on, should the run end without doing so. */
  readonly undo?: readonly string[]
  /** Agents and frameworks are told where masters elect instead of a list of them. */
  readonly findsLeaderInStore?: boolean
}

const restartDelayMs = 100
/** Room for hundreds of the workload's tasks, whatever the machine has. */
const resources = 'cpus:8;mem:8192;disk:8192'

type Counts = Readonly<Record<PartKind, number>>
type Place = { readonly name: string; readonly kind: PartKind; readonly host: Host; readonly port: number }

const kinds: readonly PartKind[] = ['etcd', 'master', 'agent', 'marathon', 'chronos']

async function placeParts(options: FleetOptions): Promise<Place[]> {
  const { masters, agents, marathons, chronoses, etcds, hostOf = () => thisMachine } = options
  const counts: Counts = { etcd: etcds, master: masters, agent: agents, marathon: marathons, chronos: chronoses }
  // The port after each is its own as well: members of etcd talk to each other there.
  let port = await freePorts(2 * kinds.reduce((sum, kind) => sum + counts[kind], 0))
  return kinds.flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, index): Place => {
      port += 2
      return { name: `${kind}-${index + 1}`, kind, host: hostOf(kind, index), port: port - 2 }
    }),
  )
}

const addresses = (places: readonly Place[], kind: PartKind): string =>
  places
    .filter((place) => place.kind === kind)
    .map(({ host, port }) => `${host.ip}:${port}`)
    .join()

function etcdCommand({ name, host, port }: Place, places: readonly Place[], workDir: string): string[] {
  const client = `http://${host.ip}:${port}`
  const peer = `http://${host.ip}:${port + 1}`
  const members = places.filter(({ kind }) => kind === 'etcd')
  const all = members.map((member) => `${member.name}=http://${member.host.ip}:${member.port + 1}`).join()
  return [
    'etcd',
    `--name=${name}`,
    `--data-dir=${workDir}/${name}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${all}`,
    // A fault must not starve it of the disk that all of them share here.
    '--heartbeat-interval=200',
    '--election-timeout=2000',
  ]
}

function serverFlags({ name, kind, host, port }: Place, places: readonly Place[], options: FleetOptions): string[] {
  const { workDir, etcds } = options
  const storeUrl = `etcd://${addresses(places, 'etcd')}/thermosphere`
  const store = etcds === 0 ? [] : [`--store=${storeUrl}`]
  const masters = `--master=${options.findsLeaderInStore === true ? storeUrl : addresses(places, 'master')}`
  // Servers of one kind share a file when they share no etcd.
  const shared = `--work_dir=${workDir}/${kind}`
  const address = [`--ip=${host.ip}`, `--port=${port}`]
  const web = [`--http_address=${host.ip}`, `--http_port=${port}`]
  if (kind === 'master') return [...address, shared, ...store]
  if (kind !== 'agent') return [masters, ...web, shared, ...store]
  const index = Number(name.split('-').at(-1))
  const taskPorts = `ports:[${31_000 + 100 * index}-${31_099 + 100 * index}]`
  const identity = host === thisMachine ? [`--hostname=127.0.0.${index}`] : []
  const work = [`--work_dir=${workDir}/${name}`, `--runtime_dir=${workDir}/${name}/run`]
  return [masters, ...address, ...identity, ...work, `--resources=${resources};${taskPorts}`]
}

function specOf(place: Place, places: readonly Place[], options: FleetOptions): PartSpec {
  const { kind, name } = place
  const more = [...(options.flags?.[kind] ?? [])]
  const env = options.env === undefined ? {} : { env: options.env(name, options.workDir) }
  if (kind === 'etcd') return { ...place, command: [...etcdCommand(place, places, options.workDir), ...more] }
  // The machines all have one name, so that they are reached by their addresses alone.
  const far = place.host === thisMachine ? [] : ['--insecure', `--hostname=${place.host.ip}`]
  const flags = [...serverFlags(place, places, options), ...far, ...more]
  return { ...place, ...env, command: [process.execPath, `${root}apps/${kind}/main.ts`, ...flags] }
}

export class Fleet {
  readonly workDir: string
  readonly parts: readonly Part[]
  readonly #watchdog: Watchdog

  private constructor({ workDir, undo = [] }: FleetOptions, parts: readonly Part[]) {
    this.workDir = workDir
    this.parts = parts
    this.#watchdog = new Watchdog({ workDir, undo })
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    mkdirSync(options.workDir, { recursive: true })
    const places = await placeParts(options)
    const each = { logFolder: `${options.workDir}/logs`, restartDelayMs }
    const parts = places.map((place) => new Part(specOf(place, places, options), each))
    const fleet = new Fleet(options, parts)
    for (const part of parts) part.start()
    return fleet
  }

  of(...wanted: readonly PartKind[]): Part[] {
    return this.parts.filter(({ spec }) => wanted.includes(spec.kind))
  }

  urls(kind: PartKind): string[] {
    return this.of(kind).map(({ url }) => url)
  }

  /** Ends everything, tasks included, and removes the work directory. */
  async remove(): Promise<void> {
    for (const kind of kinds.toReversed()) await Promise.all(this.of(kind).map((part) => part.stop()))
    await eventually('no process of the cluster is left', () => {
      killAll(processesWith(this.workDir))
      return processesWith(this.workDir).length === 0
    })
    rmSync(this.workDir, { recursive: true, force: true })
    this.#watchdog.close()
  }

  /** Logs and the record of the tasks, for somebody to find out what went wrong. */
  keepLogs(folder: string): void {
    for (const name of ['logs', 'record'])
      cpSync(`${this.workDir}/${name}`, `${folder}/${name}`, { recursive: true, force: true })
  }
}
