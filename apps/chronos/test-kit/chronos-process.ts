/** Chronos as a process of its own, as it is started by its users. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { eventually } from './server.ts'

const main = join(import.meta.dirname, '../main.ts')

type Options = {
  readonly master: string
  readonly dir: string
  readonly port: number
  /** Instead of a file in `dir`; with a short lease. */
  readonly store?: string
}

export class ChronosProcess {
  readonly url: string
  readonly #args: string[]
  #child: ChildProcess | undefined

  constructor({ master, dir, port, store }: Options) {
    this.url = `http://127.0.0.1:${port}/v1/scheduler`
    this.#args = [
      main,
      ...[`--master=${master}`, `--work_dir=${dir}`, `--http_port=${port}`],
      ...(store === undefined ? [] : [`--store=${store}`, '--zk_timeout=2000']),
      ...['--failure_retry=200', '--min_revive_offers_interval=50', '--logging_level=fatal'],
    ]
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'ignore', 'inherit'] })
    this.#child = child
    await eventually(async () => {
      assert.equal(child.exitCode, null, 'Chronos ended while it started')
      return (await fetch(`${this.url}/leader`).catch(() => undefined))?.ok
    })
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    // One that has ended by itself tells so no more.
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** It stays, and does nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async post(job: Record<string, unknown>): Promise<void> {
    const path = 'parents' in job ? 'dependency' : 'iso8601'
    const response = await fetch(`${this.url}/${path}`, { method: 'POST', body: JSON.stringify(job) })
    assert.equal(response.status, 204, await response.text())
  }

  async read(path: string): Promise<Record<string, unknown>> {
    return (await (await fetch(`${this.url}/${path}`)).json()) as Record<string, unknown>
  }

  async runs(name: string): Promise<Record<string, unknown>[]> {
    return (await this.read(`job/${name}/runs`))['runs'] as Record<string, unknown>[]
  }
}
