/** Chooses how this agent isolates its containers, and says why. */
import { resolve } from 'node:path'
import { DockerContainerizer } from './docker/docker-containerizer.ts'
import { IsolationError } from './errors.ts'
import { findCgroups } from './linux/find-cgroups.ts'
import { LinuxIsolation } from './linux/linux-isolation.ts'
import { createPosixIsolation } from './process/posix-isolation.ts'
import { ProcessContainerizer } from './process/process-containerizer.ts'
import { AgentWatch } from './supervision/agent-watch.ts'
import { RuntimeDirectory } from './supervision/runtime-directory.ts'
import type { Containerizer } from './containerizer.ts'
import type { ProcessIsolation } from './process/process-isolation.ts'

export type ContainerizersOptions = {
  /** Kept across agent restarts, one per agent; best on a file system that a reboot clears. */
  readonly runtimeDir: string
  readonly mode: 'auto' | 'posix' | 'linux'
  /** Offer Docker images through the engine that listens here. */
  readonly docker?: { readonly socketPath: string }
  /** Where cgroups are mounted; `/sys/fs/cgroup` unless told otherwise. */
  readonly cgroupsMountPoint?: string
  /** Name of the agent's directory in each cgroup hierarchy; `mesos` unless told otherwise. */
  readonly cgroupsRoot?: string
  /** What becomes of containers that their agent has left; without it they wait for the next one. */
  readonly agentWatch?: { readonly recoveryTimeoutMs: number; readonly graceMs: number }
  /** Cap every container at its cpus (CFS quota) also when the task sets no limit. */
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

type Choice = { readonly isolation: ProcessIsolation; readonly reason: string }

async function chooseLinux(options: ContainerizersOptions): Promise<Choice> {
  const cgroups = await findCgroups({
    mountPoint: options.cgroupsMountPoint ?? '/sys/fs/cgroup',
    root: options.cgroupsRoot ?? 'mesos',
    isCfsEnabled: options.isCfsEnabled ?? false,
  })
  const parts = `cgroups v${String(cgroups.version)} and pid and mount namespaces`
  return { isolation: new LinuxIsolation(cgroups), reason: `Tasks are isolated by ${parts} (linux).` }
}

async function chooseIsolation(options: ContainerizersOptions): Promise<Choice> {
  const posix = (why: string): Choice => ({
    isolation: createPosixIsolation(),
    reason: `Tasks run as plain processes without limits (posix), because ${why}.`,
  })
  if (options.mode === 'posix') return posix('that was asked for')
  try {
    return await chooseLinux(options)
  } catch (error) {
    if (!(error instanceof IsolationError)) throw error
    if (options.mode === 'auto') return posix(error.message)
    throw new IsolationError(error.code, `linux isolation was asked for, but ${error.message}`, { cause: error })
  }
}

/**
 * Throws an IsolationError when `mode` asks for what this host does not offer.
 * A silent Docker engine only fails launches.
 */
export async function createContainerizers(options: ContainerizersOptions): Promise<Containerizers> {
  const runtime = new RuntimeDirectory(options.runtimeDir)
  await runtime.prepare()
  const { isolation, reason } = await chooseIsolation(options)
  const processes = new ProcessContainerizer(runtime, isolation)
  const { docker: engine, runtimeDir, isCfsEnabled = false, agentWatch } = options
  const watch = agentWatch && new AgentWatch({ runtimeDir: resolve(runtimeDir), ...agentWatch })
  const closeProcesses = async (): Promise<void> => {
    await Promise.all([processes.close(), watch?.close()])
  }
  if (engine === undefined) return { process: processes, describe: () => reason, close: closeProcesses }
  const docker = new DockerContainerizer({ ...engine, runtime: resolve(runtimeDir), isCfsEnabled })
  return {
    process: processes,
    docker,
    describe: () => `${reason} Docker images run on the engine at ${engine.socketPath}.`,
    close: async () => {
      await Promise.all([closeProcesses(), docker.close()])
    },
  }
}
