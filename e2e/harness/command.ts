/** The `thermo` command as people run it. */
import { eventually } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { Cluster } from './cluster.ts'
import { root, thermo } from './cluster.ts'

export type Answer = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type Running = {
  /** Waits until `text` has been printed. */
  readonly prints: (text: string) => Promise<unknown>
  readonly stop: (signal?: NodeJS.Signals) => Promise<Answer>
  readonly ended: Promise<Answer>
}

export type Call = { readonly input?: string; readonly url?: string; readonly workDir?: string; readonly cwd?: string }

/** Starts the command against this cluster: its address and work directory are in the environment. */
export function startCommand(cluster: Cluster, args: readonly string[], call: Call = {}): Running {
  const env = { PATH: process.env['PATH'] ?? '', THERMO_URL: call.url ?? cluster.url('gateway') }
  const child = spawn(process.execPath, [thermo, ...args], {
    cwd: call.cwd ?? root,
    env: { ...env, THERMO_WORK_DIR: call.workDir ?? cluster.workDir },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(call.input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Answer>((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })))
  return {
    prints: (text) => eventually(`\`thermo ${args.join(' ')}\` prints "${text}"`, () => stdout.includes(text)),
    stop: (signal = 'SIGINT') => {
      child.kill(signal)
      return ended
    },
    ended,
  }
}

export const run = (cluster: Cluster, args: readonly string[], call?: Call): Promise<Answer> =>
  startCommand(cluster, args, call).ended

/** Runs a command that must succeed; resolves with what it printed. */
export async function succeed(cluster: Cluster, args: readonly string[], call?: Call): Promise<string> {
  const { status, stdout, stderr } = await run(cluster, args, call)
  if (status !== 0 || stderr !== '') throw new Error(`thermo ${args.join(' ')}: ${status}\n${stdout}${stderr}`)
  return stdout
}

export const succeedJson = async <T>(cluster: Cluster, args: readonly string[], call?: Call): Promise<T> =>
  JSON.parse(await succeed(cluster, ['--json', ...args], call)) as T
