/** One part of the cluster as a process: started, watched, restarted with backoff, stopped. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { partEnvironment, rootFolder } from '../../config.ts'
import {
  logTailBytes,
  lookUpTimeoutMs,
  readyPollMs,
  restartDelayMaxMs,
  restartDelayMinMs,
  stableAfterMs,
  stopTimeoutMs,
} from '../../limits.ts'
import { startTicksOf } from './cluster-record.ts'
import type { ProcessRecord } from './cluster-record.ts'
import type { Part } from '../plan/part.ts'

type State =
  | {
      readonly name: 'running'
      readonly child: ChildProcess
      readonly ended: Promise<string>
      readonly startedAt: number
    }
  | { readonly name: 'waiting'; readonly restart: NodeJS.Timeout }
  | { readonly name: 'stopped' }

export type PartEvents = {
  /** It ended by itself and will be restarted after `delayMs`. */
  readonly onEnded: (part: Part, how: string, delayMs: number) => void
  readonly onStarted: (part: Part) => void
}

const describeEnd = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`

export class PartProcess {
  readonly part: Part
  readonly logPath: string
  #events: PartEvents
  #state: State = { name: 'stopped' }
  #delayMs = restartDelayMinMs

  constructor(part: Part, options: { readonly logFolder: string; readonly events: PartEvents }) {
    this.part = part
    this.logPath = `${options.logFolder}/${part.name}.log`
    this.#events = options.events
    mkdirSync(options.logFolder, { recursive: true })
  }

  start(): void {
    const log = openSync(this.logPath, 'a')
    // Its own process group: Ctrl-C in the terminal reaches the supervisor alone, which stops the parts in order.
    const { run, flags } = this.part
    const [program, first] =
      'script' in run
        ? [process.execPath, [...(run.nodeFlags ?? []), rootFolder + run.script]]
        : [run.program, [] as string[]]
    const child = spawn(program, [...first, ...flags], {
      cwd: rootFolder,
      detached: true,
      env: partEnvironment(),
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(describeEnd(code, signal)))
    })
    const state: State = { name: 'running', child, ended, startedAt: Date.now() }
    this.#state = state
    this.#events.onStarted(this.part)
    void ended.then((how) => this.#onEnded(state, how))
  }

  #onEnded(state: State, how: string): void {
    if (this.#state !== state || state.name !== 'running') return
    if (Date.now() - state.startedAt > stableAfterMs) this.#delayMs = restartDelayMinMs
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * 2, restartDelayMaxMs)
    this.#state = { name: 'waiting', restart: setTimeout(() => this.start(), delayMs) }
    this.#events.onEnded(this.part, how, delayMs)
  }

  /** Resolves with undefined when ready, or with the reason why it will not be. */
  async waitUntilReady(deadline: number): Promise<string | undefined> {
    for (;;) {
      const state = this.#state
      if (state.name === 'waiting') return 'ended'
      if (state.name === 'stopped') return 'stopped'
      if (await this.#isReady()) return undefined
      if (Date.now() > deadline) return 'not ready in time'
      await Promise.race([delay(readyPollMs), state.ended])
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await fetch(this.part.url + this.part.healthPath, { signal: AbortSignal.timeout(lookUpTimeoutMs) })
      await answer.arrayBuffer()
      return answer.ok
    } catch {
      return false
    }
  }

  /** Sends the signal and waits for the end; after a bound, SIGKILL. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const state = this.#state
    this.#state = { name: 'stopped' }
    if (state.name === 'waiting') clearTimeout(state.restart)
    if (state.name !== 'running') return
    state.child.kill(signal)
    const bound = new AbortController()
    const timeout = delay(stopTimeoutMs, 'timeout', { signal: bound.signal }).catch(() => 'ended')
    if ((await Promise.race([state.ended, timeout])) === 'timeout') state.child.kill('SIGKILL')
    bound.abort()
    await state.ended
  }

  killNow(): void {
    const state = this.#state
    this.#state = { name: 'stopped' }
    if (state.name === 'waiting') clearTimeout(state.restart)
    if (state.name === 'running') state.child.kill('SIGKILL')
  }

  record(): ProcessRecord | undefined {
    if (this.#state.name !== 'running' || this.#state.child.pid === undefined) return undefined
    const pid = this.#state.child.pid
    const startTicks = startTicksOf(pid)
    if (startTicks === undefined) return undefined
    return { name: this.part.name, kind: this.part.kind, pid, startTicks, url: this.part.url }
  }

  /** The end of its log, for a message about a failed start. */
  logTail(): string {
    const size = statSync(this.logPath).size
    const buffer = Buffer.alloc(Math.min(size, logTailBytes))
    const file = openSync(this.logPath, 'r')
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    closeSync(file)
    return buffer.toString().split('\n').slice(-8).join('\n').trim()
  }
}
