import type { mesos } from '@thermosphere/protocol'

type Refusal = string | undefined

/** Why a command's environment cannot be set. */
export function commandProblem(command: mesos.CommandInfo): Refusal {
  for (const variable of command.environment?.variables ?? []) {
    const problem = variableProblem(variable)
    if (problem !== undefined) return problem
  }
  return undefined
}

function variableProblem(variable: mesos.Environment_Variable): Refusal {
  const { name, type = 'VALUE' } = variable
  switch (type) {
    case 'SECRET':
      if (!variable.secret) return `Environment variable '${name}' of type 'SECRET' must have a secret set`
      return variable.value === undefined
        ? undefined
        : `Environment variable '${name}' of type 'SECRET' must not have a value set`
    case 'VALUE':
      if (variable.value === undefined) return `Environment variable '${name}' of type 'VALUE' must have a value set`
      return variable.secret ? `Environment variable '${name}' of type 'VALUE' must not have a secret set` : undefined
    default:
      return `Environment variable '${name}' of type 'UNKNOWN' is not allowed`
  }
}

/** Why a container cannot be described like this. */
export function containerProblem(container: mesos.ContainerInfo): Refusal {
  for (const volume of container.volumes ?? []) {
    const problem = volumeProblem(volume)
    if (problem !== undefined) return problem
  }
  if (container.type !== 'DOCKER') return undefined
  if (!container.docker) return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"
  const named = (container.docker.parameters ?? []).some((parameter) => parameter.key === 'name')
  return named ? "Parameter in DockerInfo must not be 'name'" : undefined
}

function volumeProblem(volume: mesos.Volume): Refusal {
  const given = [volume.host_path, volume.image, volume.source].filter((member) => member !== undefined)
  if (given.length > 1) return "Only one of them should be set: 'host_path', 'image' and 'source'"
  return volume.source && sourceProblem(volume.source)
}

const sourceMembers = {
  DOCKER_VOLUME: 'docker_volume',
  HOST_PATH: 'host_path',
  SANDBOX_PATH: 'sandbox_path',
  SECRET: 'secret',
  CSI_VOLUME: 'csi_volume',
} as const

function sourceProblem(source: mesos.Volume_Source): Refusal {
  if (source.type === undefined || source.type === 'UNKNOWN') return "'source.type' is unknown"
  const member = sourceMembers[source.type]
  return source[member] ? undefined : `'source.${member}' is not set for ${source.type} volume`
}
