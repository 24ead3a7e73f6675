/** A master and its agents as plain processes that a test kills, pauses and starts again; nobody else restarts them. */
import { eventually, freePorts } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { root } from './cluster.ts'
import { killAll, processesWith } from './processes.ts'

class ServerProcess {
  readonly url: string
  readonly #main: string
  readonly #flags: readonly string[]
  #child: ChildProcess | undefined
  #output = ''

  constructor(main: string, port: number, flags: readonly string[]) {
    this.#main = `${root}${main}`
    this.url = `http://127.0.0.1:${port}`
    this.#flags = [`--port=${port}`, ...flags]
  }

  get output(): string {
    return this.#output
  }

  start(): void {
    const child = spawn(process.execPath, [this.#main, ...this.#flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-100_000)))
    this.#child = child
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

export type PairOptions = {
  readonly masterFlags?: readonly string[]
  readonly agentFlags?: readonly string[]
  /** Instead of one below the pair's own directory; it is made, and removed with the pair. */
  readonly agentWorkDir?: string
}

/** The resources of the agent that the recorded Mesos had. */
export const recordedResources = 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]'

export class MesosPair {
  readonly master: ServerProcess
  readonly agent: ServerProcess
  readonly workDir: string
  readonly #directory: string

  private constructor(parts: { master: ServerProcess; agent: ServerProcess; directory: string; workDir: string }) {
    this.master = parts.master
    this.agent = parts.agent
    this.workDir = parts.workDir
    this.#directory = parts.directory
  }

  static async start({ masterFlags = [], agentFlags = [], agentWorkDir }: PairOptions = {}): Promise<MesosPair> {
    const directory = mkdtempSync(`${tmpdir()}/thermosphere-pair-`)
    const workDir = agentWorkDir ?? `${directory}/agent`
    const masterPort = await freePorts(2)
    const agentPort = masterPort + 1
    const isOwn = { master: `--work_dir=${directory}/master`, agent: `--work_dir=${workDir}` }
    const master = new ServerProcess('apps/master/main.ts', masterPort, [isOwn.master, ...masterFlags])
    const agent = new ServerProcess('apps/agent/main.ts', agentPort, [
      isOwn.agent,
      `--runtime_dir=${directory}/run`,
      `--master=127.0.0.1:${masterPort}`,
      '--hostname=localhost',
      `--resources=${recordedResources}`,
      '--isolation=posix',
      '--registration_backoff_factor=100ms',
      ...agentFlags,
    ])
    const pair = new MesosPair({ master, agent, directory, workDir })
    master.start()
    agent.start()
    await eventually('the agent is registered', async () => (await pair.activeAgents()) === 1, 60_000)
    return pair
  }

  async json<T>(part: 'master' | 'agent', path: string): Promise<T> {
    const answer = await fetch(this[part].url + path, { signal: AbortSignal.timeout(10_000) })
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
    // Tests assert on what they read.
    return (await answer.json()) as T
  }

  async activeAgents(): Promise<number> {
    return (await this.json<{ activated_slaves: number }>('master', '/state')).activated_slaves
  }

  /** Ends both, and whatever the agent left running. */
  async remove(): Promise<void> {
    for (const part of [this.agent, this.master]) {
      part.signal('SIGCONT')
      await part.end('SIGKILL')
    }
    killAll(processesWith(this.#directory))
    for (const directory of [this.#directory, this.workDir])
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
