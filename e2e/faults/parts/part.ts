/** One process of the cluster under test, with a supervisor that starts it again whenever it has ended. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { root } from '../../harness/cluster.ts'
import type { Host } from './host.ts'

export type PartKind = 'etcd' | 'master' | 'agent' | 'marathon' | 'chronos'

export type PartSpec = {
  readonly name: string
  readonly kind: PartKind
  readonly host: Host
  readonly port: number
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type PartOptions = { readonly logFolder: string; readonly restartDelayMs: number }

const stopTimeoutMs = 10_000

export class Part {
  readonly spec: PartSpec
  readonly url: string
  readonly logPath: string
  readonly #options: PartOptions
  #child: ChildProcess | undefined
  #restart: NodeJS.Timeout | undefined
  #isWanted = false
  /** When and how it ended by itself. */
  readonly crashes: string[] = []
  #isKilled = false

  constructor(spec: PartSpec, options: PartOptions) {
    this.spec = spec
    this.url = `http://${spec.host.ip}:${spec.port}`
    this.logPath = `${options.logFolder}/${spec.name}.log`
    this.#options = options
    mkdirSync(options.logFolder, { recursive: true })
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    this.#isWanted = true
    const { host, command, env } = this.spec
    const [program = '', ...args] = [...host.enter, ...command]
    const log = openSync(this.logPath, 'a')
    const surroundings = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
    const child = spawn(program, args, {
      cwd: root,
      detached: true,
      env: { ...surroundings, ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    child.once('error', (error) => this.#onEnded(child, error.message))
    child.once('exit', (code, signal) => this.#onEnded(child, signal ?? `exit code ${code}`))
  }

  #onEnded(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    if (!this.#isWanted) return
    if (!this.#isKilled) this.crashes.push(`${new Date().toISOString()} ${how}`)
    this.#isKilled = false
    this.#restart = setTimeout(() => this.start(), this.#options.restartDelayMs)
  }

  /** SIGKILL; its supervisor starts it again. */
  kill(): void {
    this.#isKilled = this.#child !== undefined
    this.#child?.kill('SIGKILL')
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#isWanted = false
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGCONT')
    child.kill(signal)
    const bound = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await ended
    clearTimeout(bound)
  }
}
