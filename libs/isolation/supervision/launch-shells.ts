/**
 * Small shells that start the supervisors. A fork of this process copies the page tables of all that it holds in
 * memory, 10 ms and more in which nothing else runs here; a shell forks in a tenth of a millisecond.
 *
 *   to the shell:    setsid <supervisor> 3>&1 … & echo $!
 *   from the shell:  the pid; and from the command, on the same pipe, "ok" once it has begun
 *
 * One start at a time per shell, so an "ok" is never another's. A shell whose start failed is not used again. When this
 * process dies the shells read the end of their input and go; the supervisors stay.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { IsolationError } from '../errors.ts'
import { DEFAULT_PATH } from './command-script.ts'

export type ShellStart = {
  readonly pid: Promise<number>
  /** Resolves when the command has begun; never otherwise. */
  readonly begun: Promise<void>
}

type Current = {
  readonly pid: PromiseWithResolvers<number>
  readonly begun: PromiseWithResolvers<void>
}

export class LaunchShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  #current: Current | undefined
  isUsable = true

  constructor() {
    this.#child = spawn('/bin/sh', ['-s'], {
      cwd: '/',
      detached: true,
      env: { PATH: DEFAULT_PATH },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(line))
    this.#child.on('error', (error) => this.#fail(error))
    this.#child.on('exit', () => this.#fail(new Error('the shell that starts tasks has ended')))
    // Its end is told by the exit.
    this.#child.stdin.on('error', () => undefined)
  }

  /** `words` are shell text. The caller waits for the outcome before the next start. */
  start(words: string): ShellStart {
    const current = { pid: Promise.withResolvers<number>(), begun: Promise.withResolvers<void>() }
    this.#current = current
    // `jobs` lets the shell bury the supervisors that have ended meanwhile.
    this.#child.stdin.write(`jobs >/dev/null; ${words} & echo $!\n`)
    return { pid: current.pid.promise, begun: current.begun.promise }
  }

  close(): void {
    this.isUsable = false
    this.#child.stdin.end()
    this.#child.stdout.destroy()
    this.#child.unref()
  }

  #onLine(line: string): void {
    if (line === 'ok') this.#current?.begun.resolve()
    else if (/^\d+$/.test(line)) this.#current?.pid.resolve(Number(line))
  }

  #fail(error: Error): void {
    this.isUsable = false
    const text = `cannot start a supervisor: ${error.message}`
    this.#current?.pid.reject(new IsolationError('LAUNCH_FAILED', text, { cause: error, retryable: true }))
  }
}

const IDLE_SHELLS_MAX = 16

/** As many shells as there are starts under way; some wait for the next ones. */
export class LaunchShells {
  readonly #idle: LaunchShell[] = []
  #isClosed = false

  take(): LaunchShell {
    for (;;) {
      const shell = this.#idle.pop()
      if (shell === undefined) return new LaunchShell()
      if (shell.isUsable) return shell
    }
  }

  giveBack(shell: LaunchShell): void {
    if (this.#isClosed || !shell.isUsable || this.#idle.length >= IDLE_SHELLS_MAX) shell.close()
    else this.#idle.push(shell)
  }

  close(): void {
    this.#isClosed = true
    for (const shell of this.#idle.splice(0)) shell.close()
  }
}
