/** A cluster started as a user starts it: `thermo up` in a folder of its own, on free ports. */
import { eventually, freePorts } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { processesWith } from './processes.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const nodeOf = (checkout: string): string => process.execPath.replace(root, checkout)
export const thermo = `${root}apps/cli/main.ts`

export type ClusterOptions = {
  readonly agents?: number
  /** Of the others than agents, one unless said; several etcd members need `flags: ['--store', 'etcd']`. */
  readonly counts?: Readonly<Partial<Record<'masters' | 'marathons' | 'chronoses' | 'etcds', number>>>
  readonly workDir?: string
  readonly ports?: Ports
  readonly flags?: readonly string[]
  /** As which user it runs; needs root. */
  readonly uid?: number
}

/** Of the first of each kind. */
export type Ports = Readonly<Record<'master' | 'agent' | 'marathon' | 'chronos' | 'gateway' | 'etcd', number>>

export const newWorkDir = (): string => mkdtempSync(`${tmpdir()}/thermosphere-e2e-`)

export async function newPorts(agents: number, counts: ClusterOptions['counts'] = {}): Promise<Ports> {
  const { masters = 1, marathons = 1, chronoses = 1, etcds = 1 } = counts
  // One row for all: rows that are drawn one by one may overlap.
  const lengths = [agents, masters, marathons, chronoses, 1, 2 * etcds]
  let next = await freePorts(lengths.reduce((sum, length) => sum + length))
  const [agent = 0, master = 0, marathon = 0, chronos = 0, gateway = 0, etcd = 0] = lengths.map((length) => {
    next += length
    return next - length
  })
  return { master, agent, marathon, chronos, gateway, etcd }
}

type PartRecord = { readonly name: string; readonly kind: string; readonly pid: number; readonly url: string }

export class Cluster {
  readonly workDir: string
  readonly ports: Ports
  readonly output: () => string
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor(
    child: ChildProcess,
    options: { readonly workDir: string; readonly ports: Ports; readonly output: () => string },
  ) {
    this.#child = child
    this.workDir = options.workDir
    this.ports = options.ports
    this.output = options.output
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
  }

  url = (part: keyof Ports): string => `http://127.0.0.1:${this.ports[part]}`

  async json<T = unknown>(part: keyof Ports, path: string, init?: RequestInit): Promise<T> {
    const answer = await fetch(this.url(part) + path, {
      // A request that is never answered fails by its name, not by the end of the test.
      signal: AbortSignal.timeout(60_000),
      ...init,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...init?.headers },
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${init?.method ?? 'GET'} ${path}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  send<T = unknown>(
    part: keyof Ports,
    path: string,
    options: { readonly method: string; readonly body?: unknown },
  ): Promise<T> {
    const body = options.body === undefined ? {} : { body: JSON.stringify(options.body) }
    return this.json<T>(part, path, { method: options.method, ...body })
  }

  parts(): PartRecord[] {
    const record = JSON.parse(readFileSync(`${this.workDir}/cluster.json`, 'utf8')) as { processes: PartRecord[] }
    return record.processes
  }

  pidOf(name: string): number {
    const part = this.parts().find((one) => one.name === name)
    if (part === undefined) throw new Error(`no part ${name}`)
    return part.pid
  }

  /** SIGKILL, then waits until its supervisor has started it again and it answers. */
  async killPart(name: string): Promise<void> {
    const before = this.pidOf(name)
    const { url, kind } = this.parts().find((one) => one.name === name) ?? { url: '', kind: '' }
    process.kill(before, 'SIGKILL')
    await eventually(`${name} runs again`, () => this.pidOf(name) !== before)
    // An agent answers /state only after it has found its tasks again.
    const path = { master: '/health', agent: '/state' }[kind] ?? '/ping'
    await eventually(
      `${name} answers again`,
      async () => (await fetch(url + path, { signal: AbortSignal.timeout(5_000) })).ok,
    )
  }

  /** SIGKILL; `look` runs while the part is down, because its supervisor stands still until then. */
  async whileDown(name: string, look: () => Promise<void>): Promise<void> {
    this.#child.kill('SIGSTOP')
    try {
      process.kill(this.pidOf(name), 'SIGKILL')
      await look()
    } finally {
      this.#child.kill('SIGCONT')
    }
  }

  /** Ctrl-C. Resolves with the exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.#ended
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  ended(): Promise<number | null> {
    return this.#ended
  }

  /** Processes of this cluster and its tasks: their command line or working directory names the work directory. */
  leftovers(): string[] {
    return processesWith(this.workDir).map(({ pid, command }) => `${pid} ${command}`)
  }

  async remove(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop()
    rmSync(this.workDir, { recursive: true, force: true })
  }
}

/**
 * The command of another user. The checkout may lie where that user cannot look (below /root), so it is mounted
 * elsewhere, in a mount namespace that ends with the command.
 */
function asUser(uid: number, workDir: string): { readonly command: readonly string[]; readonly checkout: string } {
  chownSync(workDir, uid, uid)
  const checkout = mkdtempSync(`${tmpdir()}/thermosphere-checkout-`)
  const script = `mount --bind '${root}' '${checkout}' && cd '${checkout}' && exec "$@"`
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  return { command: ['unshare', '--mount', 'sh', '-c', script, 'sh', ...user], checkout: `${checkout}/` }
}

/** Starts the command and does not wait for it to be ready. */
export async function spawnCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const agents = options.agents ?? 1
  const counts = options.counts ?? {}
  const ports = options.ports ?? (await newPorts(agents, counts))
  const workDir = options.workDir ?? newWorkDir()
  const portFlags = Object.entries(ports).map(([kind, port]) => `--${kind}-port=${port}`)
  const { command, checkout } =
    options.uid === undefined ? { command: [], checkout: root } : asUser(options.uid, workDir)
  const countFlags = Object.entries(counts).map(([name, count]) => `--${name}=${count}`)
  const up = ['up', `--agents=${agents}`, '--work-dir', workDir, ...countFlags, ...portFlags, ...(options.flags ?? [])]
  const [program = '', ...args] = [...command, nodeOf(checkout), `${checkout}apps/cli/main.ts`, ...up]
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  if (checkout !== root) child.once('exit', () => rmdirSync(checkout))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Cluster(child, { workDir, ports, output: () => output })
}

/** Starts a cluster and waits until it says that it is ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await spawnCluster(options)
  let status: number | null | undefined
  void cluster.ended().then((code) => (status = code))
  const isReady = (): boolean => cluster.output().includes('Ready in')
  await eventually('the cluster is ready or has ended', () => isReady() || status !== undefined, 90_000)
  if (isReady()) return cluster
  if (options.workDir === undefined) rmSync(cluster.workDir, { recursive: true, force: true })
  throw new Error(`thermo up ended with ${status}:\n${cluster.output()}`)
}
