/** The Mesos container of an app. */
import type { mesos } from '@thermosphere/protocol'
import type { App, Container, Network, PortMapping } from '../app/index.ts'

export type ContainerInput = {
  readonly app: App
  readonly taskId: string
  readonly hostPorts: readonly (number | null)[]
  readonly bridgeName: string
}

export function labelsOf(labels: Readonly<Record<string, string>> | undefined): mesos.Labels | undefined {
  const entries = Object.entries(labels ?? {})
  return entries.length === 0 ? undefined : { labels: entries.map(([key, value]) => ({ key, value })) }
}

export function containerInfo(input: ContainerInput): mesos.ContainerInfo | undefined {
  const { container } = input.app
  if (container === undefined) return input.app.tty === true ? { type: 'MESOS', tty_info: {} } : undefined
  const info = container.type === 'DOCKER' ? dockerInfo(input, container) : mesosInfo(input, container)
  const volumes = container.volumes.flatMap((volume) => volumeOf(volume, input.app))
  const linux = linuxInfo(container)
  return {
    ...info,
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(linux === undefined ? {} : { linux_info: linux }),
    ...(input.app.tty === true ? { tty_info: {} } : {}),
  }
}

function volumeOf(volume: Container['volumes'][number], app: App): mesos.Volume[] {
  const mode = volume.mode ?? 'RW'
  if (volume.secret !== undefined) {
    const name = app.secrets[volume.secret]?.source ?? ''
    const source: mesos.Volume_Source = { type: 'SECRET', secret: { type: 'REFERENCE', reference: { name } } }
    return [{ mode: 'RO', container_path: volume.containerPath, source }]
  }
  if (volume.hostPath === undefined) return []
  return [{ mode, container_path: volume.containerPath, host_path: volume.hostPath }]
}

function dockerNetwork(networks: readonly Network[]): mesos.ContainerInfo_DockerInfo_Network {
  switch (networks[0]?.mode) {
    case 'container/bridge':
      return 'BRIDGE'
    case 'container':
      return 'USER'
    case 'host':
    case undefined:
      return 'HOST'
  }
}

function dockerInfo({ app, taskId, hostPorts }: ContainerInput, container: Container): mesos.ContainerInfo {
  const { docker } = container
  const network = dockerNetwork(app.networks)
  const port_mappings = network === 'HOST' ? [] : mappingsOf(container.portMappings ?? [], hostPorts)
  const user = app.networks.filter(({ mode }) => mode === 'container').map(networkInfo)
  return {
    type: 'DOCKER',
    docker: {
      image: docker?.image ?? '',
      network,
      ...(port_mappings.length === 0 ? {} : { port_mappings }),
      privileged: docker?.privileged ?? false,
      parameters: [...(docker?.parameters ?? []), { key: 'label', value: `MESOS_TASK_ID=${taskId}` }],
      force_pull_image: docker?.forcePullImage ?? false,
    },
    ...(user.length === 0 ? {} : { network_infos: user }),
  }
}

function networkInfo(network: Network): mesos.NetworkInfo {
  const labels = labelsOf(network.labels)
  return { ...(network.name === undefined ? {} : { name: network.name }), ...(labels === undefined ? {} : { labels }) }
}

/** Each protocol of a mapping with a host port becomes one Mesos mapping. */
function mappingsOf(mappings: readonly PortMapping[], hostPorts: readonly (number | null)[]) {
  return mappings.flatMap((mapping, index) => {
    const host_port = hostPorts[index]
    if (typeof host_port !== 'number') return []
    const container_port = mapping.containerPort === 0 ? host_port : mapping.containerPort
    return mapping.protocol.split(',').map((protocol) => ({ host_port, container_port, protocol }))
  })
}

function mesosInfo({ app, hostPorts, bridgeName }: ContainerInput, container: Container): mesos.ContainerInfo {
  const { docker, portMappings } = container
  const image: mesos.Image | undefined =
    docker?.image === undefined
      ? undefined
      : { type: 'DOCKER', docker: { name: docker.image }, cached: !docker.forcePullImage }
  const infos = app.networks.flatMap((network) =>
    network.mode === 'host' ? [] : [mesosNetwork(network, { mappings: portMappings ?? [], hostPorts, bridgeName })],
  )
  return {
    type: 'MESOS',
    ...(image === undefined ? {} : { mesos: { image } }),
    ...(infos.length === 0 ? {} : { network_infos: infos }),
  }
}

type NetworkInput = {
  readonly mappings: readonly PortMapping[]
  readonly hostPorts: readonly (number | null)[]
  readonly bridgeName: string
}

function mesosNetwork(network: Network, { mappings, hostPorts, bridgeName }: NetworkInput): mesos.NetworkInfo {
  const name = network.mode === 'container/bridge' ? bridgeName : network.name
  const own = mappings.map((mapping) => isOn(mapping, name))
  const port_mappings = mappingsOf(
    mappings,
    hostPorts.map((port, index) => (own[index] === true ? port : null)),
  )
  return {
    ...networkInfo(network),
    ...(name === undefined ? {} : { name }),
    ...(port_mappings.length === 0 ? {} : { port_mappings }),
  }
}

function isOn(mapping: PortMapping, network: string | undefined): boolean {
  const names = mapping.networkNames ?? []
  return names.length === 0 || (network !== undefined && names.includes(network))
}

function linuxInfo({ linuxInfo: info }: Container): mesos.LinuxInfo | undefined {
  if (info === undefined) return undefined
  const { seccomp, ipcInfo } = info
  return {
    ...(seccomp === undefined
      ? {}
      : {
          seccomp: {
            ...(seccomp.profileName === undefined ? {} : { profile_name: seccomp.profileName }),
            ...(seccomp.unconfined === undefined ? {} : { unconfined: seccomp.unconfined }),
          },
        }),
    ...(ipcInfo === undefined ? {} : { ipc_mode: ipcInfo.mode === 'PRIVATE' ? 'PRIVATE' : 'SHARE_PARENT' }),
    ...(ipcInfo?.shmSize === undefined ? {} : { shm_size: ipcInfo.shmSize }),
  }
}
