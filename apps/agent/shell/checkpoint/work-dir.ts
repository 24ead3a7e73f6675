import { StartupError } from '@thermosphere/service-kit'
import { createHash } from 'node:crypto'
import { mkdir, readFile, readlink, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errnoOf } from '../../errors.ts'

/** The id that `meta/slaves/latest` names; removing the link is how an operator asks for a new one. */
export async function readLatest(workDir: string): Promise<string | undefined> {
  try {
    return await readlink(join(workDir, 'meta', 'slaves', 'latest'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function linkLatest(workDir: string, agentId: string): Promise<void> {
  const slaves = join(workDir, 'meta', 'slaves')
  await mkdir(join(slaves, agentId), { recursive: true })
  const temporary = join(slaves, `.latest.${process.pid}`)
  await rm(temporary, { force: true })
  await symlink(agentId, temporary)
  await rename(temporary, join(slaves, 'latest'))
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

/**
 * One directory per work directory on a file system in memory: a reboot clears it as it ends the processes, and
 * launches do not wait for the disk. Without the right to /run it lies in the work directory.
 */
export async function defaultRuntimeDir(workDir: string): Promise<string> {
  const name = createHash('sha256').update(resolve(workDir)).digest('hex').slice(0, 16)
  const inMemory = join('/run/thermosphere', `agent-${name}`)
  try {
    await mkdir(inMemory, { recursive: true })
    return inMemory
  } catch (error) {
    if (['EACCES', 'EROFS', 'ENOENT', 'EPERM'].includes(errnoOf(error) ?? '')) return join(workDir, 'run')
    throw error
  }
}

/** Leaves nothing in memory of an agent without containers; whatever is not empty stays for the next start. */
export async function removeEmptyRuntimeDir(runtimeDir: string): Promise<void> {
  for (const name of ['containers', 'ended', '']) await rmdir(join(runtimeDir, name)).catch(() => undefined)
}
