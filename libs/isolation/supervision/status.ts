/** The exit status that a supervisor left: one line, complete only with its line end. */
import { constants } from 'node:os'
import type { ContainerId, Termination } from '../containerizer.ts'

export type ExitStatus =
  { readonly type: 'exit'; readonly exitCode: number } | { readonly type: 'signal'; readonly signal: number }

const LINE = /^(exit|signal) (\d{1,3})\n$/

/** `undefined` while the line is not complete. */
export function parseStatus(text: string): ExitStatus | undefined {
  const match = LINE.exec(text)
  if (match === null) return undefined
  const value = Number(match[2])
  return match[1] === 'exit' ? { type: 'exit', exitCode: value } : { type: 'signal', signal: value }
}

/** SIGTERM for 15; the number where the platform has no name. */
export function signalName(signal: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal)
  return found?.[0] ?? `signal ${String(signal)}`
}

/** The termination of a container with this status; `undefined` means that it was lost. */
export function terminationOf(containerId: ContainerId, status: ExitStatus | undefined): Termination {
  if (status === undefined)
    return {
      containerId,
      message: 'Exit status lost: the supervisor of the container ended without leaving one (host restart or kill -9)',
    }
  return status.type === 'exit' ? { containerId, exitCode: status.exitCode } : { containerId, signal: status.signal }
}
