/** Plain processes: own session, usage from /proc, no limits, mounts as symbolic links into the sandbox. */
import { mkdir, stat, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { asIsolationError, IsolationError } from '../errors.ts'
import { freshProcesses, processTree, recentProcesses, TICKS_PER_SECOND } from './process-table.ts'
import type { ContainerSpec, ContainerUsage, DockerMount } from '../containerizer.ts'
import type { ProcessStat } from './process-table.ts'
import type { ProcessIsolation } from './process-isolation.ts'

const PAGE_BYTES = 4096

/** Usage of these processes together; times of children that have ended are not in it. */
export function usageOf(processes: readonly ProcessStat[], timestamp: number): ContainerUsage {
  const sum = (of: (stat: ProcessStat) => number): number => processes.reduce((total, stat) => total + of(stat), 0)
  const rssBytes = sum((stat) => stat.rssPages) * PAGE_BYTES
  return {
    timestamp,
    cpusUserTimeSecs: sum((stat) => stat.userTicks) / TICKS_PER_SECOND,
    cpusSystemTimeSecs: sum((stat) => stat.systemTicks) / TICKS_PER_SECOND,
    memRssBytes: rssBytes,
    memTotalBytes: rssBytes,
    processes: processes.length,
    threads: sum((stat) => stat.threads),
  }
}

/** Where in the sandbox the link goes. Throws UNSUPPORTED for targets outside of it. */
export function linkPath(sandbox: string, target: string): string {
  const path = isAbsolute(target) ? target : join(sandbox, target)
  const inside = relative(sandbox, path)
  if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return path
  const advice = 'use a path relative to the sandbox, or run the agent as root'
  const message = `without namespaces a volume cannot appear at ${target}; ${advice}`
  throw new IsolationError('UNSUPPORTED', message)
}

async function linkMount(sandbox: string, mount: DockerMount): Promise<void> {
  if (mount.source === mount.target) return
  const path = linkPath(sandbox, mount.target)
  try {
    await stat(mount.source)
    await mkdir(dirname(path), { recursive: true })
    await symlink(mount.source, path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw new IsolationError('MOUNT_FAILED', `the volume ${mount.source} does not exist on this agent; create it`)
    throw asIsolationError(error, `cannot link the volume ${mount.source} to ${path}`)
  }
}

async function linkMounts(spec: ContainerSpec): Promise<void> {
  for (const mount of spec.mounts ?? []) await linkMount(spec.sandbox, mount)
}

export function createPosixIsolation(): ProcessIsolation {
  return {
    name: 'posix',
    prepare: async (spec) => {
      await linkMounts(spec)
      return { supervisorPrefix: [], parts: { setup: [], isInit: false }, enter: [] }
    },
    members: async ({ supervisor }) => processTree(await freshProcesses(), supervisor).map((stat) => stat.pid),
    killAll: () => Promise.resolve(),
    limitation: () => Promise.resolve(undefined),
    usage: ({ supervisor }) => Promise.resolve(usageOf(processTree(recentProcesses(), supervisor), Date.now() / 1000)),
    update: () => Promise.resolve(),
    enter: () => Promise.resolve({ setup: [], words: [] }),
    watch: () => undefined,
    release: () => Promise.resolve(),
    close: () => undefined,
  }
}
