/** Volumes as bind mounts in the container's mount namespace. */
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { asIsolationError, IsolationError } from '../errors.ts'
import { shellQuote } from '../supervision/shell-words.ts'
import type { ContainerSpec, DockerMount } from '../containerizer.ts'

async function kindOf(path: string): Promise<'directory' | 'file' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw asIsolationError(error, `cannot look at ${path}`)
  }
}

function isInside(directory: string, path: string): boolean {
  const inside = relative(directory, path)
  return inside !== '' && inside !== '..' && !inside.startsWith('../') && !isAbsolute(inside)
}

/** Creates the mount point below the sandbox; a link that a task's archive planted must not lead out of it. */
async function makeMountPoint(sandbox: string, path: string, kind: 'directory' | 'file'): Promise<void> {
  await mkdir(kind === 'directory' ? path : dirname(path), { recursive: true })
  if (kind === 'file') await writeFile(path, '', { flag: 'a' })
  if (!isInside(await realpath(sandbox), await realpath(path)))
    throw new IsolationError('MOUNT_FAILED', `the mount point ${path} leads out of the sandbox`)
}

async function planMount(sandbox: string, { source, target, readOnly }: DockerMount): Promise<readonly string[]> {
  const path = isAbsolute(target) ? target : join(sandbox, target)
  const kind = await kindOf(source)
  if (kind === undefined)
    throw new IsolationError('MOUNT_FAILED', `the volume ${source} does not exist on this agent; create it`)
  if (isInside(sandbox, path)) await makeMountPoint(sandbox, path, kind)
  else if ((await kindOf(path)) !== kind)
    throw new IsolationError(
      'MOUNT_FAILED',
      `the mount point ${path} is no ${kind} on this agent; without an image it must exist`,
    )
  const bind = `mount --rbind ${shellQuote(source)} ${shellQuote(path)}`
  return readOnly ? [bind, `mount -o remount,bind,ro ${shellQuote(path)}`] : [bind]
}

/** Shell lines that mount the volumes; makes their mount points. Throws MOUNT_FAILED. */
export async function planMounts(spec: Pick<ContainerSpec, 'sandbox' | 'mounts'>): Promise<readonly string[]> {
  const lines: string[] = []
  for (const mount of spec.mounts ?? []) lines.push(...(await planMount(spec.sandbox, mount)))
  return lines
}
