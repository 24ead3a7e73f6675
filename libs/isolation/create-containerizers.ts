/** Chooses how this agent isolates its containers, and says why. */
import { IsolationError } from './errors.ts'
import { createPosixIsolation } from './process/posix-isolation.ts'
import { ProcessContainerizer } from './process/process-containerizer.ts'
import { RuntimeDirectory } from './supervision/runtime-directory.ts'
import type { Containerizer } from './containerizer.ts'

export type ContainerizersOptions = {
  /** Kept across agent restarts, one per agent; best on a file system that a reboot clears. */
  readonly runtimeDir: string
  readonly mode: 'auto' | 'posix' | 'linux'
  /** Offer Docker images through the engine that listens here. */
  readonly docker?: { readonly socketPath: string }
  /** Name of the agent's directory in each cgroup hierarchy. */
  readonly cgroupsRoot?: string
  /** Cap every container at its cpus (CFS quota) even when the task sets no limit. */
  readonly isCfsEnabled?: boolean
}

export type Containerizers = {
  /** For containers without a Docker image. */
  readonly process: Containerizer
  readonly docker?: Containerizer
  /** One sentence: which isolation is used, and why. */
  describe(): string
  close(): Promise<void>
}

/** Throws an IsolationError when `mode` or `docker` ask for what this host does not offer. */
export async function createContainerizers(options: ContainerizersOptions): Promise<Containerizers> {
  const runtime = new RuntimeDirectory(options.runtimeDir)
  await runtime.prepare()
  if (options.mode === 'linux') throw new IsolationError('UNSUPPORTED', 'linux isolation is not available yet')
  const posix = new ProcessContainerizer(runtime, createPosixIsolation())
  return {
    process: posix,
    describe: () => 'Tasks run as plain processes (posix).',
    close: () => posix.close(),
  }
}
