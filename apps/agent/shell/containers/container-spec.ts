import type { DockerPlan, LaunchPlan, LimitsPlan, MountPlan } from '@thermosphere/agent-core'
import type { ContainerId, ContainerLimits, ContainerSpec, DockerMount, DockerSpec } from '@thermosphere/isolation'
import { AgentError } from '../../errors.ts'

const DOCKER_SANDBOX = '/mnt/mesos/sandbox'

/** A launch plan in the containerizers' terms. */
export function containerSpec(plan: LaunchPlan): ContainerSpec {
  const mounts = plan.mounts.map(mountOf)
  return {
    // Ids of the core are this agent's own.
    containerId: plan.containerId as ContainerId,
    ...(plan.command === undefined ? {} : { command: plan.command }),
    environment: plan.environment,
    sandbox: plan.sandbox,
    ...(plan.directory === undefined ? {} : { directory: plan.directory }),
    // The core's word for a container's key is the same.
    ...(plan.parent === undefined ? {} : { parent: plan.parent as ContainerId }),
    ...(plan.io === undefined ? {} : { io: plan.io }),
    ...(plan.endsWithAgent && { endsWithAgent: true }),
    ...(plan.user === undefined ? {} : { user: plan.user }),
    limits: containerLimits(plan.limits),
    ...(plan.docker === undefined ? { mounts } : { docker: dockerSpec(plan.docker, [...mounts.map(insideDocker)]) }),
    ...(plan.rlimits.length === 0 ? {} : { rlimits: plan.rlimits.map(rlimitOf) }),
  }
}

export function containerLimits(limits: LimitsPlan): ContainerLimits {
  return {
    cpusMilli: limits.cpusMilli,
    memBytes: limits.memBytes,
    ...(limits.isRevocable === undefined ? {} : { isRevocable: limits.isRevocable }),
    ...(limits.cpusLimitMilli === undefined ? {} : { cpusLimitMilli: limits.cpusLimitMilli }),
    ...(limits.memLimitBytes === undefined ? {} : { memLimitBytes: limits.memLimitBytes }),
  }
}

function mountOf({ source, target, readOnly }: MountPlan): DockerMount {
  return { source, target, readOnly }
}

/** Relative targets lie in the sandbox, which is mounted at a fixed place. */
function insideDocker(mount: DockerMount): DockerMount {
  return mount.target.startsWith('/') ? mount : { ...mount, target: `${DOCKER_SANDBOX}/${mount.target}` }
}

function rlimitOf({ type, soft, hard }: LaunchPlan['rlimits'][number]) {
  return { type, ...(soft === undefined ? {} : { soft }), ...(hard === undefined ? {} : { hard }) }
}

function dockerSpec({ info, hostname, networkName }: DockerPlan, mounts: readonly DockerMount[]): DockerSpec {
  return {
    image: info.image,
    network: dockerNetwork(info.network ?? 'HOST', networkName),
    portMappings: (info.port_mappings ?? []).map((mapping) => ({
      hostPort: mapping.host_port,
      containerPort: mapping.container_port,
      protocol: mapping.protocol?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
    })),
    mounts,
    privileged: info.privileged ?? false,
    forcePull: info.force_pull_image ?? false,
    ...(hostname === undefined ? {} : { hostname }),
    parameters: (info.parameters ?? []).map(({ key, value }) => ({ key, value })),
  }
}

function dockerNetwork(
  mode: NonNullable<DockerPlan['info']['network']>,
  name: string | undefined,
): DockerSpec['network'] {
  if (mode === 'HOST') return { mode: 'host' }
  if (mode === 'BRIDGE') return { mode: 'bridge' }
  if (mode === 'NONE') return { mode: 'none' }
  if (name === undefined) {
    throw new AgentError('AGENT_SANDBOX_FAILED', 'a USER network needs its name in container.network_infos')
  }
  return { mode: 'user', name }
}
