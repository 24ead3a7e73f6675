/** From a container's specification to what the Docker engine is asked to create. Pure. */
import { cfsQuotaUs, cpuShares, hardMemoryBytes, softMemoryBytes } from '../linux/arithmetic.ts'
import { CFS_PERIOD_US } from '../limits.ts'
import { IsolationError } from '../errors.ts'
import { addPortBinding, applyParameter } from './parameters.ts'
import type { ContainerCommand, ContainerId, ContainerLimits, ContainerSpec, DockerSpec } from '../containerizer.ts'
import type { Draft } from './parameters.ts'
import type { HostConfig } from 'dockerode'

/** Where the sandbox is seen in every container. */
export const DOCKER_SANDBOX = '/mnt/mesos/sandbox'
/** Labels by which an agent knows its containers again. */
export const LABEL_RUNTIME = 'thermosphere.runtime'
export const LABEL_CONTAINER = 'thermosphere.container'
/** What the sandbox files held before the container wrote its first byte. */
export const LABEL_STDOUT_BYTES = 'thermosphere.stdout-bytes'
export const LABEL_STDERR_BYTES = 'thermosphere.stderr-bytes'

export type OutputOffsets = { readonly stdout: number; readonly stderr: number }

export function dockerName(containerId: ContainerId): string {
  return `mesos-${containerId}`
}

/** An image without tag or digest means `latest`. */
export function imageWithTag(image: string): string {
  if (image.includes('@')) return image
  return image.slice(image.lastIndexOf('/') + 1).includes(':') ? image : `${image}:latest`
}

function commandParts(command: ContainerCommand | undefined): { Entrypoint?: string[]; Cmd?: string[] } {
  if (command === undefined) return {}
  if (command.type === 'shell') return { Entrypoint: ['/bin/sh'], Cmd: ['-c', command.value] }
  const { path, argv } = command
  // The image's entry point stays; value and arguments follow it. A sole name of the program is no argument.
  if (path === '') return { Cmd: [...argv] }
  return { Cmd: argv.length === 1 && argv[0] === path ? [path] : [path, ...argv] }
}

/** cgroup values of a container: the same as those of tasks without an image. */
export function limitParts(limits: ContainerLimits, options: { readonly isCfsEnabled: boolean }): HostConfig {
  const hard = hardMemoryBytes(limits)
  const soft = softMemoryBytes(limits)
  const quotaUs = cfsQuotaUs(limits, options)
  return {
    CpuShares: cpuShares(limits),
    ...(quotaUs === undefined ? {} : { CpuQuota: quotaUs, CpuPeriod: CFS_PERIOD_US }),
    ...(Number.isFinite(hard) ? { Memory: hard } : {}),
    ...(limits.memLimitBytes === undefined ? {} : { MemoryReservation: soft }),
    ...(limits.pidsMax === undefined ? {} : { PidsLimit: limits.pidsMax }),
  }
}

function networkMode({ network }: DockerSpec): string {
  return network.mode === 'user' ? network.name : network.mode
}

/** A path with a colon (task ids may contain them) fits into no bind text, and only existing paths into a mount. */
function volumesOf({ mounts }: DockerSpec, sandbox: string): Pick<HostConfig, 'Binds' | 'Mounts'> {
  const hasSandbox = mounts.some(({ target }) => target === DOCKER_SANDBOX)
  const all = hasSandbox ? mounts : [{ source: sandbox, target: DOCKER_SANDBOX, readOnly: false }, ...mounts]
  const withColon = all.filter(({ source }) => source.includes(':'))
  const others = all.filter(({ source }) => !source.includes(':'))
  return {
    Binds: others.map(({ source, target, readOnly }) => `${source}:${target}:${readOnly ? 'ro' : 'rw'}`),
    ...(withColon.length > 0 && {
      Mounts: withColon.map(({ source, target, readOnly }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
    }),
  }
}

function ulimitsOf(spec: ContainerSpec): NonNullable<HostConfig['Ulimits']> {
  return (spec.rlimits ?? []).map(({ type, soft = -1, hard = -1 }) => ({
    Name: type.replace(/^RLMT_/, '').toLowerCase(),
    Soft: soft,
    Hard: hard,
  }))
}

function checkSpec(docker: DockerSpec): void {
  const refuse = (what: string): never => {
    throw new IsolationError('DOCKER_PARAMETER_INVALID', what)
  }
  if (docker.hostname !== undefined && docker.network.mode === 'host')
    refuse('a host name of its own is impossible in HOST network mode; leave it out or use BRIDGE')
  if (docker.portMappings.length > 0 && (docker.network.mode === 'host' || docker.network.mode === 'none'))
    refuse('port mappings need a network of mode BRIDGE or USER')
}

export type DraftContext = {
  readonly docker: DockerSpec
  /** Scope of this agent's containers on an engine that others use as well. */
  readonly runtime: string
  readonly offsets: OutputOffsets
  readonly isCfsEnabled: boolean
}

/** Throws DOCKER_PARAMETER_INVALID. */
export function createOptions(spec: ContainerSpec, context: DraftContext): Draft & { name: string } {
  const { docker, runtime, offsets } = context
  checkSpec(docker)
  const draft: Draft & { name: string } = {
    name: dockerName(spec.containerId),
    Image: imageWithTag(docker.image),
    ...commandParts(spec.command),
    Env: Object.entries({ ...spec.environment, MESOS_CONTAINER_NAME: dockerName(spec.containerId) }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: {
      [LABEL_RUNTIME]: runtime,
      [LABEL_CONTAINER]: spec.containerId,
      [LABEL_STDOUT_BYTES]: String(offsets.stdout),
      [LABEL_STDERR_BYTES]: String(offsets.stderr),
    },
    ...(docker.hostname === undefined ? {} : { Hostname: docker.hostname }),
    HostConfig: {
      ...limitParts(spec.limits, context),
      ...volumesOf(docker, spec.sandbox),
      NetworkMode: networkMode(docker),
      Privileged: docker.privileged,
      Ulimits: ulimitsOf(spec),
      // Its output can be read again from the start after an agent restart, whatever the engine's default is.
      LogConfig: { Type: 'json-file', Config: {} },
    },
  }
  for (const { hostPort, containerPort, protocol } of docker.portMappings)
    addPortBinding(draft, `${String(containerPort)}/${protocol}`, { HostPort: String(hostPort) })
  // An alias belongs to a network, so the network must be known first.
  const isNetwork = ({ key }: { readonly key: string }): boolean => /^-*net(work)?$/.test(key)
  const [first, rest] = [docker.parameters.filter(isNetwork), docker.parameters.filter((one) => !isNetwork(one))]
  for (const parameter of [...first, ...rest]) applyParameter(draft, parameter)
  return draft
}
