/** What a task or executor runs as, and how the agent finds it again. Memory in bytes, cpus in thousandths, ms. */

import type { Readable, Writable } from 'node:stream'

export type ContainerId = string & { readonly __brand: 'ContainerId' }

export type ContainerCommand =
  | { readonly type: 'shell'; readonly value: string }
  | { readonly type: 'exec'; readonly path: string; readonly argv: readonly string[] }

export type ContainerLimits = {
  readonly cpusMilli: number
  /** Hard CPU limit (CFS quota); absent = shares only, `Infinity` = none. */
  readonly cpusLimitMilli?: number
  readonly memBytes: number
  readonly memLimitBytes?: number
  /** Gives way to others that want the same cpus. */
  readonly isRevocable?: boolean
  readonly pidsMax?: number
}

export type DockerMount = { readonly source: string; readonly target: string; readonly readOnly: boolean }
/** `hostPort` on the agent leads to `containerPort` inside. */
export type DockerPortMapping = {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}
export type DockerSpec = {
  readonly image: string
  readonly network: { readonly mode: 'host' | 'bridge' | 'none' } | { readonly mode: 'user'; readonly name: string }
  readonly portMappings: readonly DockerPortMapping[]
  readonly mounts: readonly DockerMount[]
  readonly privileged: boolean
  readonly forcePull: boolean
  readonly hostname?: string
  /** `docker run` parameters by long name, as in Marathon's `docker.parameters`. */
  readonly parameters: readonly { readonly key: string; readonly value: string }[]
}

/** Who has the standard streams of a container; without it nobody, and its output goes to files in the sandbox. */
export type ContainerIoSpec = {
  /** `agent`: pipes that end with this agent. `file`: output as ever, input from a pipe that outlives the agent. */
  readonly output: 'agent' | 'file'
  /** Gives the command a pseudo-terminal of this size. */
  readonly tty?: WindowSize
}
export type WindowSize = { readonly rows: number; readonly columns: number }

export type ContainerSpec = {
  readonly containerId: ContainerId
  /** Absent for Docker images that bring their own entry point. */
  readonly command?: ContainerCommand
  /** The whole environment; nothing of the agent's leaks in. */
  readonly environment: Readonly<Record<string, string>>
  /** Working directory; `stdout` and `stderr` are written there. Exists and belongs to `user` before launch. */
  readonly sandbox: string
  /** Working directory where that is another than the sandbox. */
  readonly directory?: string
  readonly user?: string
  readonly limits: ContainerLimits
  readonly io?: ContainerIoSpec
  /** Is ended when its agent is gone, instead of waiting for the next one. */
  readonly endsWithAgent?: boolean
  /** Shares the parent's cgroup, namespaces and fate (task group member under an executor). */
  readonly parent?: ContainerId
  readonly docker?: DockerSpec
  /** Symbolic links (posix) or bind mounts (linux) from host paths into the sandbox. */
  readonly mounts?: readonly DockerMount[]
  readonly rlimits?: readonly { readonly type: string; readonly soft?: number; readonly hard?: number }[]
}

/** How a container ended. `limitation` when it was ended for exceeding a resource. */
export type Termination = {
  readonly containerId: ContainerId
  /** Exactly one of `exitCode` and `signal`, or neither when the status could not be learned. */
  readonly exitCode?: number
  readonly signal?: number
  readonly limitation?: { readonly resource: 'mem' | 'disk'; readonly message: string }
  readonly message?: string
}

/** A running container; plain data that the agent may checkpoint and pass to `recover`. */
export type ContainerHandle = {
  readonly containerId: ContainerId
  readonly containerizer: ContainerizerName
  readonly sandbox: string
  /** Process to watch; with `startTicks` it identifies the process across pid reuse. */
  readonly pid: number
  readonly startTicks: number
  readonly launchedAt: number
  readonly dockerId?: string
  readonly ipAddress?: string
}

/** Counters and gauges under Mesos' names (ResourceStatistics); absent = not measured by this containerizer. */
export type ContainerUsage = {
  readonly timestamp: number
  readonly cpusUserTimeSecs?: number
  readonly cpusSystemTimeSecs?: number
  readonly cpusLimit?: number
  readonly cpusNrPeriods?: number
  readonly cpusNrThrottled?: number
  readonly cpusThrottledTimeSecs?: number
  readonly memRssBytes?: number
  readonly memTotalBytes?: number
  readonly memLimitBytes?: number
  readonly memFileBytes?: number
  readonly memAnonBytes?: number
  readonly processes?: number
  readonly threads?: number
  readonly netRxBytes?: number
  readonly netTxBytes?: number
}

/** The standard streams of a container, as the agent holds them. With a terminal everything comes as `stdout`. */
export type ContainerIo = {
  /** Bytes for the command; `end` tells it that no more come. */
  readonly output: ContainerIoSpec['output']
  readonly hasTerminal: boolean
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Throws UNSUPPORTED for a container without a terminal. */
  resize(size: WindowSize): Promise<void>
}

export type ContainerizerName = 'posix' | 'linux' | 'docker'

export interface Containerizer {
  readonly name: ContainerizerName
  /** Resolves once the process runs; rejects with IsolationError (code, message that tells the way out). */
  launch(spec: ContainerSpec, options: { readonly signal: AbortSignal }): Promise<ContainerHandle>
  /** After an agent restart: takes the container over again, running or already ended. */
  recover(handle: ContainerHandle): Promise<'running' | 'ended'>
  /** Resolves when the container has ended and its exit status is on disk; after a restart, `recover` comes first. */
  wait(containerId: ContainerId): Promise<Termination>
  /** Sends a signal to the task's processes (the whole tree for SIGKILL). No-op when it has ended. */
  signal(containerId: ContainerId, signal: NodeJS.Signals | number): Promise<void>
  /** Kills what is left and releases cgroups and namespaces; idempotent. The sandbox stays. */
  destroy(containerId: ContainerId): Promise<void>
  usage(containerId: ContainerId): Promise<ContainerUsage | undefined>
  /** The streams of a container that was launched with `io`; each call opens those of `file` containers anew. */
  io(containerId: ContainerId): Promise<ContainerIo | undefined>
  update(containerId: ContainerId, limits: ContainerLimits): Promise<void>
  /** Runs a command inside the container (command health checks). Times out by `signal`. */
  exec(
    containerId: ContainerId,
    command: ContainerCommand,
    options: { readonly environment: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }>
  /** Ends what an earlier agent left and nobody recovered. Returns what was ended. */
  destroyOrphans(known: ReadonlySet<ContainerId>): Promise<readonly ContainerId[]>
  close(): Promise<void>
}
