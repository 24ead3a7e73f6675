/** Marathon as a process of its own, as it is started by its users. */
import { eventually } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../main.ts')

type Options = { readonly masterPort: number; readonly store: string; readonly port: number }

export class MarathonProcess {
  readonly url: string
  readonly host: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  constructor({ masterPort, store, port }: Options) {
    this.host = `127.0.0.1:${port}`
    this.url = `http://${this.host}`
    this.#args = [
      main,
      ...[`--master=127.0.0.1:${masterPort}`, `--store=${store}`, `--http_port=${port}`],
      ...['--zk_session_timeout=3000', '--min_revive_offers_interval=50', '--logging_level=fatal'],
      ...['--reconciliation_initial_delay=500', '--task_launch_confirm_timeout=2000'],
    ]
  }

  async start(): Promise<void> {
    this.#child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'ignore', 'inherit'] })
    await eventually('Marathon answers', async () => (await this.fetch('/ping')).ok)
  }

  /** Resolves with the exit status once the process has ended; null when a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    return new Promise((resolve) => child.once('exit', resolve))
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.ended()
    this.#child = undefined
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...init.headers }
    return fetch(this.url + path, { redirect: 'manual', signal: AbortSignal.timeout(20_000), ...init, headers })
  }

  post(path: string, body: unknown): Promise<Response> {
    return this.fetch(path, { method: 'POST', body: JSON.stringify(body) })
  }

  async read<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T
  }
}
