/** What a containerizer needs of cgroups, whichever version the host has; and the files below both. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '@thermosphere/effects'
import { IsolationError } from '../errors.ts'
import { RMDIR_ATTEMPTS_MAX, RMDIR_INTERVAL_MS } from '../limits.ts'
import { shellQuote } from '../supervision/shell-words.ts'
import type { ContainerId, ContainerLimits, ContainerUsage } from '../containerizer.ts'
import type { MemoryReport } from './arithmetic.ts'

/** A container's place; a nested one shares its parent's accounting and limits. */
export type CgroupPlace = { readonly containerId: ContainerId; readonly parent?: ContainerId | undefined }

export interface Cgroups {
  readonly version: 1 | 2
  /** Makes sure that containers can be placed here. Throws CGROUPS_UNAVAILABLE. */
  prepare(): Promise<void>
  create(place: CgroupPlace): Promise<void>
  limit(place: CgroupPlace, limits: ContainerLimits): Promise<void>
  /** Shell lines by which a process places itself. */
  joinLines(place: CgroupPlace): readonly string[]
  members(place: CgroupPlace): Promise<readonly number[]>
  /** Ends all members at once where the kernel offers it. */
  killAll(place: CgroupPlace): Promise<void>
  usage(place: CgroupPlace, timestamp: number): Promise<ContainerUsage>
  outOfMemoryKills(place: CgroupPlace): Promise<number>
  memoryReport(place: CgroupPlace): Promise<MemoryReport>
  remove(place: CgroupPlace): Promise<void>
}

const IDS_OF_NESTED = 'mesos'

/** The container's directory below a root: nested ones lie in their parent's. */
export function placePath(root: string, { containerId, parent }: CgroupPlace): string {
  return parent === undefined ? join(root, containerId) : join(root, parent, IDS_OF_NESTED, containerId)
}

export function joinLine(directory: string, file: 'cgroup.procs' | 'tasks'): string {
  return `echo 0 >${shellQuote(join(directory, file))}`
}

/** The text of a control file; '' when the file, its controller or the cgroup is not there. */
export async function readControl(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return withoutText(error)
  }
}

/** The same without a thread in between: for the few small files on the way of every launch and every end. */
export function readControlNow(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return withoutText(error)
  }
}

function withoutText(error: unknown): string {
  if (['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) return ''
  throw error
}

/** Synchronous: the kernel answers from memory in microseconds, a thread would cost ten times that. */
export function writeControl(path: string, value: string | number): void {
  try {
    writeFileSync(path, String(value))
  } catch (error) {
    const reason = errnoOf(error) ?? 'unknown'
    const message = `cannot write ${String(value)} to ${path}: ${reason}; is the hierarchy mounted writable?`
    throw new IsolationError('CGROUPS_UNAVAILABLE', message, { cause: error })
  }
}

export function makeCgroup(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    const advice = 'the agent needs root and a writable cgroup file system'
    const message = `cannot create the cgroup ${directory}: ${errnoOf(error) ?? 'unknown'}; ${advice}`
    throw new IsolationError('CGROUPS_UNAVAILABLE', message, { cause: error })
  }
}

async function removeChildren(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(directory, entry.name))
}

/** Removes a cgroup whose processes have gone, with the cgroups below it. */
export async function removeCgroup(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(directory)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      if (errnoOf(error) !== 'EBUSY' || attempt === RMDIR_ATTEMPTS_MAX)
        throw new IsolationError('CGROUPS_UNAVAILABLE', `cannot remove the cgroup ${directory}`, { cause: error })
    }
    await removeChildren(directory)
    if (attempt > 1) await sleep(RMDIR_INTERVAL_MS)
  }
}
