/** Finds out what of Linux isolation this host offers to this process. */
import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { IsolationError } from '../errors.ts'
import { PROBE_TIMEOUT_MS } from '../limits.ts'
import { CgroupsV1 } from './cgroups-v1.ts'
import { CgroupsV2 } from './cgroups-v2.ts'
import type { Cgroups } from './cgroups.ts'
import type { CgroupsOptions } from './cgroups-v1.ts'

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

async function probeNamespaces(): Promise<void> {
  try {
    const words = ['--pid', '--mount', '--fork', '/bin/sh', '-c', 'mount -t proc proc /proc']
    await promisify(execFile)('unshare', words, { timeout: PROBE_TIMEOUT_MS })
  } catch (error) {
    const message =
      'namespaces cannot be made here (unshare failed); install util-linux and give the agent CAP_SYS_ADMIN'
    throw new IsolationError('NAMESPACES_UNAVAILABLE', message, { cause: error })
  }
}

/** Version 2 when the unified tree is what is mounted. Throws NOT_ROOT, CGROUPS_UNAVAILABLE, NAMESPACES_UNAVAILABLE. */
export async function findCgroups(options: CgroupsOptions): Promise<Cgroups> {
  if (process.geteuid?.() !== 0) throw new IsolationError('NOT_ROOT', 'the agent does not run as root')
  const isUnified = await exists(join(options.mountPoint, 'cgroup.controllers'))
  const cgroups = isUnified ? new CgroupsV2(options) : new CgroupsV1(options)
  await cgroups.prepare()
  await probeNamespaces()
  return cgroups
}
