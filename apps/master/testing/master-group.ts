/** Masters and agents as a user starts them, on one store, for tests that take them away. */
import { eventually, freePort } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const apps = join(import.meta.dirname, '..', '..')

/** One server process; its log is kept. */
export class ServerProcess {
  readonly address: string
  readonly #script: string
  readonly #args: readonly string[]
  readonly #logFile: string
  #child: ChildProcess | undefined

  constructor(options: { script: string; address: string; args: readonly string[]; logFile: string }) {
    this.#script = options.script
    this.address = options.address
    this.#args = options.args
    this.#logFile = options.logFile
  }

  get url(): string {
    return `http://${this.address}`
  }

  start(): void {
    const log = openSync(this.#logFile, 'a')
    this.#child = spawn(process.execPath, [join(apps, this.#script), ...this.#args], { stdio: ['ignore', log, log] })
    closeSync(log)
  }

  send(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** The lines of the log with that event. */
  async events(event: string): Promise<readonly { readonly [field: string]: unknown }[]> {
    const lines = (await readFile(this.#logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'))
    const parsed = lines.map((line) => JSON.parse(line) as { readonly [field: string]: unknown })
    return parsed.filter(({ msg }) => msg === event)
  }
}

/** GET without following redirects; `fetch` would refuse a Location without a scheme. */
export const look = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000), ...init })

/** The status, and where it redirects. */
export const locationOf = async (url: string, init?: RequestInit): Promise<readonly [number, string | null]> => {
  const response = await look(url, init)
  await response.arrayBuffer()
  return [response.status, response.headers.get('location')]
}

export const post = (call: object): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(call),
})

/** What three processes and a store do takes longer than a test waits by itself. */
export const soon = <T>(what: string, find: () => Promise<T | undefined | false>, ms = 60_000): Promise<T> =>
  eventually(what, find, ms)

export class MasterGroup {
  readonly directory: string
  readonly masters: readonly ServerProcess[]
  readonly #agents: ServerProcess[] = []

  private constructor(directory: string, masters: readonly ServerProcess[]) {
    this.directory = directory
    this.masters = masters
  }

  /** Three masters; `store` may name a file in the directory of the group. */
  static async start(store: (directory: string) => string, flags: readonly string[] = []): Promise<MasterGroup> {
    const directory = await mkdtemp(join(tmpdir(), 'masters-'))
    const masters: ServerProcess[] = []
    for (const name of ['m1', 'm2', 'm3']) {
      const port = await freePort()
      const args = [`--port=${port}`, `--store=${store(directory)}`, `--work_dir=${join(directory, name)}`, ...flags]
      const logFile = join(directory, `${name}.log`)
      masters.push(new ServerProcess({ script: 'master/main.ts', address: `127.0.0.1:${port}`, args, logFile }))
    }
    for (const master of masters) master.start()
    return new MasterGroup(directory, masters)
  }

  get addresses(): string[] {
    return this.masters.map(({ address }) => address)
  }

  async addAgent(master: string): Promise<ServerProcess> {
    const port = await freePort()
    const name = `a${this.#agents.length + 1}`
    const args = [
      `--port=${port}`,
      `--master=${master}`,
      `--work_dir=${join(this.directory, name)}`,
      '--resources=cpus:4;mem:1024;disk:100',
      '--isolation=posix',
      '--containerizers=mesos',
      '--registration_backoff_factor=100ms',
    ]
    const logFile = join(this.directory, `${name}.log`)
    const agent = new ServerProcess({ script: 'agent/main.ts', address: `127.0.0.1:${port}`, args, logFile })
    agent.start()
    this.#agents.push(agent)
    return agent
  }

  /** The one of the masters that leads and answers, and the others. */
  leader(among: readonly ServerProcess[] = this.masters): Promise<ServerProcess> {
    return soon('a leader', async () => {
      const answers = await Promise.all(among.map(({ url }) => look(`${url}/state`).catch(() => undefined)))
      const leaders = among.filter((_, index) => answers[index]?.status === 200)
      return leaders.length === 1 ? leaders[0] : undefined
    })
  }

  async close(): Promise<void> {
    for (const server of [...this.#agents, ...this.masters]) {
      server.send('SIGCONT')
      await server.kill()
    }
    await rm(this.directory, { recursive: true, force: true })
  }
}
