import { errnoOf } from '@thermosphere/effects'
import { StartupError } from '@thermosphere/service-kit'
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, statfs, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/**
 * Whether an operator asked for a new agent id by removing `meta/slaves/latest`. The directory that the link led to
 * tells: an agent that crashed between its registration and the link has none.
 */
export async function isForgotten(workDir: string, agentEntry: string | undefined): Promise<boolean> {
  if (agentEntry === undefined) return false
  const names = await readdir(join(workDir, 'meta', 'slaves'))
  return !names.includes('latest') && names.some((name) => agentEntry.includes(JSON.stringify(name)))
}

export async function linkLatest(workDir: string, agentId: string): Promise<void> {
  const slaves = join(workDir, 'meta', 'slaves')
  const temporary = join(slaves, `.latest.${process.pid}`)
  await rm(temporary, { force: true })
  await symlink(agentId, temporary)
  await rename(temporary, join(slaves, 'latest'))
  // Last: it says that the link was there.
  await mkdir(join(slaves, agentId), { recursive: true })
}

/** Linux draws it at every start; without it no reboot is noticed but by processes that are gone. */
export async function readBootId(): Promise<string | undefined> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}

/** Two agents on one work directory would destroy each other's tasks. Returns what gives the lock back. */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const holder = await readHolder(path)
  if (holder !== undefined && (await isOurKind(holder))) {
    throw new StartupError(
      `the agent with pid ${holder} uses this work directory (${path}); stop it or use another --work_dir`,
    )
  }
  await writeFile(path, `${process.pid}\n`)
  return () => rm(path, { force: true })
}

async function readHolder(path: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(path, 'utf8'), 10)
    return Number.isInteger(pid) && pid !== process.pid ? pid : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** After a crash the pid may belong to something else by now. */
async function isOurKind(pid: number): Promise<boolean> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes('agent')
  } catch {
    return false
  }
}

/** The second for hosts whose /run lies on a disk, as in many containers. */
const IN_MEMORY = ['/run', '/dev/shm']
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */])

/**
 * One directory per work directory on a file system in memory: a reboot clears it as it ends the processes, and
 * launches do not wait for the disk. Without such a place, or the right to it, it lies in the work directory.
 */
export async function defaultRuntimeDir(workDir: string): Promise<string> {
  const name = createHash('sha256').update(resolve(workDir)).digest('hex').slice(0, 16)
  for (const place of IN_MEMORY) {
    const directory = join(place, 'thermosphere', `agent-${name}`)
    if (await isUsable(place, directory)) return directory
  }
  return join(workDir, 'run')
}

async function isUsable(place: string, directory: string): Promise<boolean> {
  try {
    if (!MEMORY_FILE_SYSTEMS.has((await statfs(place)).type)) return false
    await mkdir(directory, { recursive: true, mode: 0o755 })
    // Anybody may make directories in /dev/shm; one of somebody else's would let them read what tasks are given.
    const found = await Promise.all([dirname(directory), directory].map((path) => lstat(path)))
    return found.every((stat) => stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0)
  } catch (error) {
    if (['EACCES', 'EROFS', 'ENOENT', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(errnoOf(error) ?? '')) return false
    throw error
  }
}

/** Leaves nothing in memory of an agent without containers; whatever is not empty stays for the next start. */
export async function removeEmptyRuntimeDir(runtimeDir: string): Promise<void> {
  for (const name of ['containers', 'ended', '']) await rmdir(join(runtimeDir, name)).catch(() => undefined)
}
