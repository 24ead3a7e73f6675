/** Starts one supervisor and learns whether its command began: "ok" on descriptor 3, or the end of it without. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { IsolationError, asIsolationError } from '../errors.ts'
import { SETUP_TIMEOUT_MS } from '../limits.ts'
import { readProcessStat } from '../process/process-table.ts'
import { DEFAULT_PATH } from './command-script.ts'
import type { ContainerFiles, ProcessIdentity } from './runtime-directory.ts'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

export type StartedSupervisor = {
  readonly identity: ProcessIdentity
  /** Resolves when this process, of which we are the parent, has gone. */
  readonly gone: Promise<void>
  /** True when the command was started; false when the set-up failed and the note says why. */
  readonly started: Promise<boolean>
  /** From now on the process does not keep ours from exiting. */
  unref(): void
}

export type SupervisorStart = {
  readonly files: ContainerFiles
  readonly script: string
  /** Words that become the supervisor's shell by exec (`unshare …`), or none. */
  readonly prefix: readonly string[]
  readonly signal: AbortSignal
}

function spawnSupervisor({ files, script, prefix }: SupervisorStart): ChildProcess {
  const [program = '', ...words] = [
    ...prefix,
    '/bin/sh',
    '-c',
    script,
    'thermosphere-task',
    files.directory,
    files.status,
  ]
  const note = openSync(files.note, 'a', 0o600)
  try {
    return spawn(program, words, {
      cwd: '/',
      detached: true,
      env: { PATH: DEFAULT_PATH },
      stdio: ['ignore', note, note, 'pipe'],
    })
  } finally {
    closeSync(note)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has gone already, which is what was wanted.
  }
}

/** Resolves true on "ok", false on the end of the pipe; a set-up that hangs or is aborted is killed, which ends the pipe. */
function watchStart(child: ChildProcess, pid: number, signal: AbortSignal): Promise<boolean> {
  const pipe = child.stdio[3] as Readable
  return new Promise((resolve) => {
    const kill = (): void => killGroup(pid)
    const timer = setTimeout(kill, SETUP_TIMEOUT_MS)
    const settle = (isStarted: boolean): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      pipe.destroy()
      resolve(isStarted)
    }
    pipe.once('data', () => settle(true))
    pipe.once('close', () => settle(false))
    pipe.once('error', () => settle(false))
    signal.addEventListener('abort', kill)
  })
}

/** Throws an IsolationError when no process could be started at all. */
export function startSupervisor(start: SupervisorStart): StartedSupervisor {
  if (start.signal.aborted) throw new IsolationError('LAUNCH_ABORTED', 'the launch was cancelled before it began')
  let child: ChildProcess
  try {
    child = spawnSupervisor(start)
  } catch (error) {
    throw asIsolationError(error, 'cannot start the supervisor')
  }
  // Synchronously after the spawn the process is at worst a zombie, so it is this one that is read.
  const stat = child.pid === undefined ? undefined : readProcessStat(child.pid)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const unref = (): void => child.unref()
  if (stat === undefined) return { identity: { pid: 0, startTicks: 0 }, gone, started: spawnFailure(child), unref }
  const started = watchStart(child, stat.pid, start.signal)
  return { identity: { pid: stat.pid, startTicks: stat.startTicks }, gone, started, unref }
}

function spawnFailure(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) =>
    child.once('error', (error) => reject(asIsolationError(error, 'cannot start the supervisor'))),
  )
}
