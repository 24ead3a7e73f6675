/** Reads /proc: which processes there are, who started them, what they use. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '@thermosphere/effects'
import { PROCESS_SCAN_SHARE, PROCESS_TABLE_AGE_MS } from '../limits.ts'

export type ProcessStat = {
  readonly pid: number
  readonly state: string
  readonly parentPid: number
  readonly groupId: number
  readonly sessionId: number
  readonly userTicks: number
  readonly systemTicks: number
  readonly threads: number
  readonly startTicks: number
  readonly rssPages: number
}

/** Kernel's USER_HZ; 100 on every Linux port that Node runs on. */
export const TICKS_PER_SECOND = 100

/** Parses /proc/<pid>/stat. The name in parentheses may itself hold blanks and parentheses. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return undefined
  const fields = text.slice(close + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  const stat = {
    pid: Number(text.slice(0, open)),
    state: fields[0] ?? '',
    parentPid: at(4),
    groupId: at(5),
    sessionId: at(6),
    userTicks: at(14),
    systemTicks: at(15),
    threads: at(20),
    startTicks: at(22),
    rssPages: at(24),
  }
  return Number.isSafeInteger(stat.pid) && Number.isSafeInteger(stat.startTicks) ? stat : undefined
}

/** A stat line is under 400 bytes; one buffer serves all, since reads are synchronous. */
const line = Buffer.alloc(1024)

/** `undefined` when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  let file: number | undefined
  try {
    file = openSync(`/proc/${String(pid)}/stat`, 'r')
    return parseProcessStat(line.toString('latin1', 0, readSync(file, line)))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined
    throw error
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Whether exactly this process still runs: a zombie counts as ended, another process with its pid as well. */
export function isAlive(identity: { readonly pid: number; readonly startTicks: number }): boolean {
  const stat = readProcessStat(identity.pid)
  return stat !== undefined && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X'
}

/** Every process that is not a zombie. */
export function listProcesses(): readonly ProcessStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    const stat = readProcessStat(Number(pid))
    return stat === undefined || stat.state === 'Z' ? [] : [stat]
  })
}

let scan: Promise<readonly ProcessStat[]> | undefined
let nextScanAt = 0

/**
 * The process table as it is after the call. Callers share the next scan, which follows the last one after a pause
 * that grows with the number of processes: with hundreds of ends a second, a scan each would fill the time.
 */
export function freshProcesses(): Promise<readonly ProcessStat[]> {
  scan ??= sleep(Math.max(0, nextScanAt - performance.now())).then(() => {
    scan = undefined
    const startedAt = performance.now()
    const processes = listProcesses()
    const endedAt = performance.now()
    nextScanAt = endedAt + (PROCESS_SCAN_SHARE - 1) * (endedAt - startedAt)
    return processes
  })
  return scan
}

let cached: { readonly at: number; readonly processes: readonly ProcessStat[] } | undefined

/** The process table, not older than a moment: for readers that need no exact answer. */
export function recentProcesses(): readonly ProcessStat[] {
  const now = performance.now()
  if (cached === undefined || now - cached.at > PROCESS_TABLE_AGE_MS) cached = { at: now, processes: listProcesses() }
  return cached.processes
}

/**
 * The processes below a supervisor, without itself: its session and everything that descends from it or from a member.
 * Empty when its pid now belongs to another process: then nothing with that number is ours. (While a session has
 * members the kernel gives its number to nobody, so members without a supervisor are ours.)
 */
export function processTree(
  processes: readonly ProcessStat[],
  supervisor: { readonly pid: number; readonly startTicks: number },
): readonly ProcessStat[] {
  const holder = processes.find((stat) => stat.pid === supervisor.pid)
  if (holder !== undefined && holder.startTicks !== supervisor.startTicks) return []
  const members = new Set([supervisor.pid])
  for (const stat of processes) if (stat.sessionId === supervisor.pid) members.add(stat.pid)
  for (let before = 0; before < members.size;) {
    before = members.size
    for (const stat of processes) if (members.has(stat.parentPid)) members.add(stat.pid)
  }
  members.delete(supervisor.pid)
  return processes.filter((stat) => members.has(stat.pid))
}
