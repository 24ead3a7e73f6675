import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'

/** One etcd process that can be killed, paused and started again with the same data. */
export class EtcdMember {
  readonly name: string
  /** `127.0.0.1:<port>` */
  readonly endpoint: string
  readonly #args: readonly string[]
  readonly #logFile: string
  #process: ChildProcess | undefined

  constructor(options: { name: string; endpoint: string; args: readonly string[]; logFile: string }) {
    this.name = options.name
    this.endpoint = options.endpoint
    this.#args = options.args
    this.#logFile = options.logFile
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Does not wait until it answers. What `args` say goes before what the member was made with. */
  start(args: readonly string[] = []): void {
    if (this.#process !== undefined) return
    const log = openSync(this.#logFile, 'a')
    const child = spawn('etcd', [...this.#args, ...args], { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#process = child
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined
    })
  }

  /** kill -9; resolves once the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** SIGSTOP: it holds its connections and does not answer. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  /** SIGCONT. */
  resume(): void {
    this.#process?.kill('SIGCONT')
  }
}
