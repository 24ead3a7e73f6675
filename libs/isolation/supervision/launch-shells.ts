/**
 * Small shells that start the supervisors. A fork of this process copies the page tables of all that it holds in
 * memory, 10 ms and more in which nothing else runs here; a shell forks in a tenth of a millisecond.
 *
 *   to the shell:    setsid --fork <supervisor> 3>&1 … || echo failed
 *   from the shell:  the supervisor's own line of /proc, and from the command, on the same pipe, "ok" once it has begun
 *
 * In the foreground, since a shell lets what it starts with `&` ignore SIGINT and SIGQUIT for ever.
 * One start at a time per shell, so an "ok" is never another's. A shell whose start failed is not used again. When this
 * process dies the shells read the end of their input and go; the supervisors stay.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { IsolationError } from '../errors.ts'
import { parseProcessStat } from '../process/process-table.ts'
import { DEFAULT_PATH } from './shell-words.ts'
import type { ProcessIdentity } from './runtime-directory.ts'

export type ShellStart = {
  /** Rejects when no process was started. */
  readonly identity: Promise<ProcessIdentity>
  /** Resolves when the command has begun; never otherwise. */
  readonly begun: Promise<void>
}

type Current = {
  readonly identity: PromiseWithResolvers<ProcessIdentity>
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
    this.#child.on('error', (error) => this.#fail(error.message))
    this.#child.on('exit', () => this.#fail('the shell that starts tasks has ended'))
    // Its end is told by the exit.
    this.#child.stdin.on('error', () => undefined)
  }

  /** `words` are shell text. The caller waits for the outcome before the next start. */
  start(words: string): ShellStart {
    const current = { identity: Promise.withResolvers<ProcessIdentity>(), begun: Promise.withResolvers<void>() }
    this.#current = current
    this.#child.stdin.write(`setsid --fork ${words} || echo failed\n`)
    return { identity: current.identity.promise, begun: current.begun.promise }
  }

  close(): void {
    this.isUsable = false
    this.#child.stdin.end()
    this.#child.stdout.destroy()
    this.#child.unref()
  }

  #onLine(line: string): void {
    if (line === 'ok') return this.#current?.begun.resolve()
    const stat = parseProcessStat(line)
    if (stat !== undefined) this.#current?.identity.resolve({ pid: stat.pid, startTicks: stat.startTicks })
    else this.#fail('setsid failed; install util-linux, or the host has no room for another process')
  }

  #fail(reason: string): void {
    this.isUsable = false
    const error = new IsolationError('LAUNCH_FAILED', `cannot start a supervisor: ${reason}`, { retryable: true })
    this.#current?.identity.reject(error)
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
