/** Runs one further command in a container and collects what it says. */
import { spawn } from 'node:child_process'
import { asIsolationError } from '../errors.ts'
import { EXEC_OUTPUT_BYTES_MAX } from '../limits.ts'
import { DEFAULT_PATH } from '../supervision/shell-words.ts'
import type { ChildProcess } from 'node:child_process'

export type RunInside = {
  /** Shell lines and words that enter the container and change the user. */
  readonly setup: readonly string[]
  readonly words: readonly string[]
  /** What `/bin/sh -s` reads there. */
  readonly script: string
  readonly signal: AbortSignal
}

export type RunResult = { readonly exitCode: number | undefined; readonly output: string }

/** Collects the first bytes of a process's output. */
function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  const take = (chunk: Buffer): void => {
    const rest = chunk.subarray(0, EXEC_OUTPUT_BYTES_MAX - bytes)
    bytes += rest.length
    if (rest.length > 0) chunks.push(rest)
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  return () => Buffer.concat(chunks).toString('utf8')
}

/** `exitCode` is undefined when the command was ended by a signal, also by the abort. */
export function runInside({ setup, words, script, signal }: RunInside): Promise<RunResult> {
  const enter = [...setup.map((line) => `${line} || exit 125`), `exec ${words.join(' ')} /bin/sh -s`].join('\n')
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve({ exitCode: undefined, output: '' })
    const child = spawn('/bin/sh', ['-c', enter], { cwd: '/', detached: true, env: { PATH: DEFAULT_PATH } })
    const output = collect(child)
    const kill = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    }
    signal.addEventListener('abort', kill)
    child.once('error', (error) => reject(asIsolationError(error, 'cannot run a command in the container')))
    child.once('exit', (exitCode, signalCode) => {
      signal.removeEventListener('abort', kill)
      // A background process may hold the pipes open; the command itself has ended, so nothing more is awaited.
      setImmediate(() => {
        child.stdout.destroy()
        child.stderr.destroy()
        const byShell = exitCode === null || signalCode !== null ? undefined : exitCode
        resolve({ exitCode: byShell, output: output() })
      })
    })
    // The shell may end before it has read all (its user may not enter the sandbox): its exit code tells.
    child.stdin.on('error', () => undefined)
    child.stdin.end(script)
  })
}
