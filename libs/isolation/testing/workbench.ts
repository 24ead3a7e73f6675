/** A containerizer on its own directories, for tests: everything made is gone after `close`. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createContainerizers } from '../create-containerizers.ts'
import type { Containerizers, ContainerizersOptions } from '../create-containerizers.ts'
import type { ContainerCommand, ContainerHandle, ContainerId, ContainerSpec, Containerizer } from '../containerizer.ts'

export const MIB = 1024 * 1024

export function shell(value: string): ContainerCommand {
  return { type: 'shell', value }
}

export type Workbench = {
  readonly containerizers: Containerizers
  readonly containerizer: Containerizer
  readonly directory: string
  readonly cgroupsRoot: string
  spec(value: string, more?: Partial<ContainerSpec>): ContainerSpec
  launch(value: string, more?: Partial<ContainerSpec>): Promise<ContainerHandle>
  output(containerId: ContainerId, file?: 'stdout' | 'stderr'): string
  close(): Promise<void>
}

let count = 0

export function newId(prefix = 'test'): ContainerId {
  return `${prefix}-${String(process.pid)}-${String(++count)}` as ContainerId
}

/** Repeats until the answer is there; the test's own time limit ends a wait in vain. */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await sleep(10)
  }
  throw new Error(`not true within 10 s: ${ask.toString()}`)
}

/** Command lines of running processes that contain the mark. */
export function processesWith(mark: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

function removeCgroupRoots(root: string): void {
  for (const controller of ['cpu', 'cpuacct', 'memory', 'pids', 'freezer', '']) {
    try {
      rmdirSync(join('/sys/fs/cgroup', controller, root))
    } catch {
      // Not made, or another version's place.
    }
  }
}

export async function createWorkbench(options: Partial<ContainerizersOptions> = {}): Promise<Workbench> {
  const directory = mkdtempSync(join(tmpdir(), 'thermosphere-isolation-'))
  // Tasks of other users must reach their sandboxes.
  chmodSync(directory, 0o755)
  const cgroupsRoot = `thermosphere-test-${String(process.pid)}-${String(++count)}`
  const containerizers = await createContainerizers({
    runtimeDir: join(directory, 'runtime'),
    mode: 'posix',
    cgroupsRoot,
    ...options,
  })
  const containerizer = containerizers.process
  const spec: Workbench['spec'] = (value, more = {}) => {
    const containerId = more.containerId ?? newId()
    const sandbox = join(directory, `sandbox-${containerId}`)
    mkdirSync(sandbox, { recursive: true })
    return {
      containerId,
      command: shell(value),
      environment: { PATH: '/usr/bin:/bin' },
      sandbox,
      limits: { cpusMilli: 100, memBytes: 64 * MIB },
      ...more,
    }
  }
  return {
    containerizers,
    containerizer,
    directory,
    cgroupsRoot,
    spec,
    launch: (value, more) => containerizer.launch(spec(value, more), { signal: new AbortController().signal }),
    output: (containerId, file = 'stdout') => readFileSync(join(directory, `sandbox-${containerId}`, file), 'utf8'),
    close: async () => {
      await containerizer.destroyOrphans(new Set())
      await containerizers.close()
      removeCgroupRoots(cgroupsRoot)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
