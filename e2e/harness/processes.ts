/** What runs on this machine, read from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type Process = { readonly pid: number; readonly parent: number; readonly command: string; readonly cwd: string }

const cwdOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

const readProcess = (pid: number): Process | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return undefined
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid, parent: Number(parent), command, cwd: cwdOf(pid) }
  } catch {
    // It ended between the listing and the reading.
    return undefined
  }
}

export const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])

/** Processes whose command line or working directory contains `text`, this one excepted. */
export const processesWith = (text: string): Process[] =>
  processes().filter(({ pid, command, cwd }) => pid !== process.pid && `${command} ${cwd}`.includes(text))

export const isAlive = (pid: number): boolean => readProcess(pid) !== undefined

/** SIGKILL for all; one may have ended with another that was killed before it. */
export function killAll(killed: readonly Process[]): void {
  for (const { pid } of killed) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
