import type { mesos } from '@thermosphere/protocol'
import type { MountPlan } from '../effects.ts'
import type { AgentState } from '../state.ts'

/** Where the files of a container lie; nested containers may mount directories of their parent. */
export type MountPlace = { readonly directory: string; readonly parentDirectory?: string }

export type Mounted = {
  readonly container: mesos.ContainerInfo | undefined
  readonly resources: readonly mesos.Resource[] | undefined
}

/** Host paths, sandbox paths and persistent volumes of a container. */
export function planMounts(state: AgentState, place: MountPlace, { container, resources }: Mounted): MountPlan[] {
  const volumes = (container?.volumes ?? []).flatMap((volume) => volumeMount(place, volume))
  return [...volumes, ...persistentMounts(state, resources ?? [])]
}

function volumeMount(place: MountPlace, volume: mesos.Volume): MountPlan[] {
  const base = { target: volume.container_path, readOnly: volume.mode === 'RO' }
  const { source } = volume
  if (source?.type === 'SANDBOX_PATH' && source.sandbox_path !== undefined) {
    const parent = source.sandbox_path.type === 'PARENT' ? (place.parentDirectory ?? place.directory) : place.directory
    return [{ ...base, source: `${parent}/${source.sandbox_path.path}`, create: true }]
  }
  const hostPath = source?.type === 'HOST_PATH' ? source.host_path?.path : volume.host_path
  if (hostPath === undefined) return []
  const isAbsolute = hostPath.startsWith('/')
  return [{ ...base, source: isAbsolute ? hostPath : `${place.directory}/${hostPath}`, create: !isAbsolute }]
}

function persistentMounts(state: AgentState, resources: readonly mesos.Resource[]): MountPlan[] {
  return resources.flatMap((resource) => {
    const volume = resource.disk?.volume
    const source = persistentPath(state.config.workDir, resource)
    if (volume === undefined || source === undefined) return []
    return [{ source, target: volume.container_path, readOnly: volume.mode === 'RO', create: true }]
  })
}

/** The directory of a persistent volume: below the work directory, or on the disk that it was made on. */
export function persistentPath(workDir: string, resource: mesos.Resource): string | undefined {
  const id = resource.disk?.persistence?.id
  if (id === undefined) return undefined
  const source = resource.disk?.source
  const role = resource.reservations?.at(-1)?.role ?? resource.role ?? '*'
  if (source?.type === 'MOUNT') return source.mount?.root
  const base = source?.type === 'PATH' ? source.path?.root : workDir
  const root = base === undefined || base.startsWith('/') ? (base ?? workDir) : `${workDir}/${base}`
  return `${root}/volumes/roles/${role}/${id}`
}
