/** Starts one supervisor and learns whether its command began: "ok" on descriptor 3, or its end without one. */
import { statSync, writeFileSync } from 'node:fs'
import { IsolationError } from '../errors.ts'
import { SETUP_POLL_INTERVAL_MS, SETUP_SILENT_POLLS_MAX, SETUP_TIMEOUT_MS } from '../limits.ts'
import { isAlive } from '../process/process-table.ts'
import { shellQuote } from './shell-words.ts'
import type { LaunchShell, LaunchShells } from './launch-shells.ts'
import type { ContainerFiles, ProcessIdentity } from './runtime-directory.ts'

export type StartedSupervisor =
  | { readonly started: true; readonly identity: ProcessIdentity }
  /** The set-up failed and the note says why. */
  | { readonly started: false }

export type SupervisorStart = {
  readonly files: ContainerFiles
  readonly script: string
  /** Words that become the supervisor's shell by exec (`unshare …`), or none. */
  readonly prefix: readonly string[]
  readonly signal: AbortSignal
}

function supervisorWords({ files, prefix }: SupervisorStart): string {
  const words = [...prefix, '/bin/sh', files.supervisor, files.status]
  // Descriptor 3 is the launch shell's output; what the set-up says goes to the note.
  return `${words.map(shellQuote).join(' ')} 3>&1 >>${shellQuote(files.note)} 2>&1 </dev/null`
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

function isEmpty(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/**
 * Who the supervisor is; `undefined` when a word before its shell complained in the note and then nothing came.
 * Throws when it takes longer than any start may.
 */
async function identityOf(identity: Promise<ProcessIdentity>, note: string): Promise<ProcessIdentity | undefined> {
  const silence = Promise.withResolvers<undefined>()
  let complaints = 0
  let polls = 0
  const poll = setInterval(() => {
    if (!isEmpty(note) && ++complaints >= SETUP_SILENT_POLLS_MAX) silence.resolve(undefined)
    if (++polls * SETUP_POLL_INTERVAL_MS < SETUP_TIMEOUT_MS) return
    const message = 'the host starts no more processes in time'
    silence.reject(new IsolationError('LAUNCH_FAILED', message, { retryable: true }))
  }, SETUP_POLL_INTERVAL_MS)
  try {
    return await Promise.race([identity, silence.promise])
  } finally {
    clearInterval(poll)
  }
}

async function runStart(shell: LaunchShell, start: SupervisorStart): Promise<StartedSupervisor> {
  const { files, script, signal } = start
  writeFileSync(files.supervisor, script, { mode: 0o600 })
  const { identity, begun } = shell.start(supervisorWords(start))
  const supervisor = await identityOf(identity, files.note)
  if (supervisor === undefined || !(await watchStart(supervisor, begun, signal))) return { started: false }
  return { started: true, identity: supervisor }
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
