/** Starts one supervisor and learns whether its command began: "ok" on descriptor 3, or its end without one. */
import { closeSync, openSync } from 'node:fs'
import { IsolationError } from '../errors.ts'
import { SETUP_POLL_INTERVAL_MS, SETUP_TIMEOUT_MS } from '../limits.ts'
import { isAlive, readProcessStat } from '../process/process-table.ts'
import { shellQuote } from './command-script.ts'
import type { LaunchShell, LaunchShells } from './launch-shells.ts'
import type { ContainerFiles, ProcessIdentity } from './runtime-directory.ts'

export type StartedSupervisor = {
  readonly identity: ProcessIdentity
  /** True when the command was started; false when the set-up failed and the note says why. */
  readonly started: boolean
}

export type SupervisorStart = {
  readonly files: ContainerFiles
  readonly script: string
  /** Words that become the supervisor's shell by exec (`unshare …`), or none. */
  readonly prefix: readonly string[]
  readonly signal: AbortSignal
}

function supervisorWords({ files, script, prefix }: SupervisorStart): string {
  const words = [...prefix, '/bin/sh', '-c', script, 'thermosphere-task', files.directory, files.status]
  const note = shellQuote(files.note)
  // Descriptor 3 is the shell's own output; what the set-up says goes to the note.
  return `setsid ${words.map(shellQuote).join(' ')} 3>&1 >>${note} 2>&1 </dev/null`
}

function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // It has gone already, or is not the leader of its group yet.
    }
  }
}

/** Resolves true on "ok", false when the supervisor has ended without; one that hangs or is aborted is killed. */
async function watchStart(identity: ProcessIdentity, begun: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const kill = (): void => killGroup(identity.pid)
  const timer = setTimeout(kill, SETUP_TIMEOUT_MS)
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  let poll: NodeJS.Timeout | undefined
  const ended = new Promise<boolean>((resolve) => {
    let endedCount = 0
    poll = setInterval(() => {
      // The "ok" of a command that ended at once is read between two looks.
      if (!isAlive(identity) && ++endedCount > 1) resolve(false)
    }, SETUP_POLL_INTERVAL_MS)
  })
  try {
    return await Promise.race([begun.then(() => true), ended])
  } finally {
    clearTimeout(timer)
    clearInterval(poll)
    signal.removeEventListener('abort', kill)
  }
}

async function runStart(shell: LaunchShell, start: SupervisorStart): Promise<StartedSupervisor> {
  // The note holds what set-up commands say; nobody else reads it.
  closeSync(openSync(start.files.note, 'a', 0o600))
  const { pid, begun } = shell.start(supervisorWords(start))
  // The shell buries its children only before the next start: at worst it is a zombie that is read here.
  const stat = readProcessStat(await pid)
  if (stat === undefined) throw new IsolationError('LAUNCH_FAILED', 'the supervisor ended at once', { retryable: true })
  const identity = { pid: stat.pid, startTicks: stat.startTicks }
  return { identity, started: await watchStart(identity, begun, start.signal) }
}

/** Throws an IsolationError when no process could be started at all. */
export async function startSupervisor(shells: LaunchShells, start: SupervisorStart): Promise<StartedSupervisor> {
  if (start.signal.aborted) throw new IsolationError('LAUNCH_ABORTED', 'the launch was cancelled before it began')
  const shell = shells.take()
  try {
    const supervisor = await runStart(shell, start)
    if (supervisor.started) shells.giveBack(shell)
    else shell.close()
    return supervisor
  } catch (error) {
    shell.close()
    throw error
  }
}
