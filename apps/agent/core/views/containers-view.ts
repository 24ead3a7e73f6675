import { fromMilli, Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { executorUser, may } from '../access/access.ts'
import type { Access } from '../access/access.ts'
import { executorOf } from '../operator-containers/index.ts'
import type { OperatorContainer } from '../operator-containers/index.ts'
import type { AgentState, Executor } from '../state.ts'
import { executorResources } from './allocated.ts'

const MIB = 1_048_576

/** A live container with what its executor holds; the shell adds what it measures. */
export type ContainerView = {
  /** As the containerizer knows it. */
  readonly key: string
  readonly containerId: mesos.ContainerID
  /** The executor that it lives in; none of a standalone container, and of those within one. */
  readonly owner: ContainerOwnerView | undefined
  readonly ipAddress: string | undefined
  readonly pid: number | undefined
  readonly isNested: boolean
  /** Containers whose usage adds up to this one's: a pod measures its members. */
  readonly measured: readonly string[]
  readonly limits: Partial<
    Pick<mesos.ResourceStatistics, 'cpus_soft_limit' | 'mem_limit_bytes' | 'mem_soft_limit_bytes'>
  >
}

export type ContainerOwnerView = {
  readonly frameworkId: string
  readonly executorId: string
  readonly executorName: string
  readonly source: string
}

/** Without `access` whatever there is. */
type Shown = { readonly nested: boolean; readonly standalone?: boolean; readonly access: Access | undefined }

export function containersView(state: AgentState, { nested, standalone = false, access }: Shown): ContainerView[] {
  const views: ContainerView[] = []
  for (const framework of state.frameworks.values()) {
    for (const executor of framework.executors.values()) {
      if (executor.phase.type === 'terminated') continue
      if (access && !may(access, 'view_containers', executorUser(framework, executor))) continue
      views.push(executorContainer(executor))
      if (nested && executor.kind === 'group') views.push(...memberContainers(executor))
    }
  }
  for (const container of state.operatorContainers.values()) {
    const isShown = container.id.parent === undefined ? standalone : nested
    if (!isShown || container.phase.type !== 'running') continue
    if (maySee(state, access, container)) views.push(operatorContainer(state, container))
  }
  return views
}

function maySee(state: AgentState, access: Access | undefined, { id }: OperatorContainer): boolean {
  const place = executorOf(state, id)
  if (access === undefined) return true
  return place === undefined
    ? may(access, 'view_standalone_containers')
    : may(access, 'view_containers', executorUser(place.framework, place.executor))
}

function operatorContainer(state: AgentState, { key, id, phase, request }: OperatorContainer): ContainerView {
  const executor = executorOf(state, id)?.executor
  return {
    key,
    containerId: id,
    owner: executor && ownerOf(executor),
    ipAddress: undefined,
    pid: phase.type === 'running' ? phase.pid : undefined,
    isNested: id.parent !== undefined,
    measured: [key],
    limits: request.resources.length === 0 ? {} : limitsOf(request.resources),
  }
}

function ownerOf(executor: Executor): ContainerOwnerView {
  return {
    frameworkId: executor.frameworkId,
    executorId: executor.id,
    executorName: executor.info.name ?? '',
    source: executor.info.source ?? '',
  }
}

function executorContainer(executor: Executor): ContainerView {
  const members = [...executor.tasks.values()].flatMap((task) => task.containerId ?? [])
  const pids = [...executor.tasks.values()].map((task) => task.pid)
  return {
    owner: ownerOf(executor),
    ipAddress: executor.kind === 'command' ? [...executor.tasks.values()][0]?.ipAddress : undefined,
    key: executor.containerId,
    containerId: { value: executor.containerId },
    pid: executor.pid ?? pids.find((pid) => pid !== undefined),
    isNested: false,
    measured: executor.kind === 'group' ? members : [executor.containerId],
    limits: limitsOf(executorResources(executor)),
  }
}

function memberContainers(executor: Executor): ContainerView[] {
  return [...executor.tasks.values()].flatMap((task) => {
    if (task.containerId === undefined || task.run?.type === 'ended') return []
    return [
      {
        owner: ownerOf(executor),
        ipAddress: undefined,
        key: task.containerId,
        containerId: { value: task.containerId, parent: { value: executor.containerId } },
        pid: task.pid,
        isNested: true,
        measured: [task.containerId],
        limits: limitsOf(task.info.resources ?? []),
      },
    ]
  })
}

function limitsOf(wire: readonly mesos.Resource[]): ContainerView['limits'] {
  const resources = Resources.fromWire(wire)
  const memBytes = Math.floor(fromMilli(resources.scalar('mem')) * MIB)
  return {
    cpus_soft_limit: fromMilli(resources.scalar('cpus')),
    mem_limit_bytes: memBytes,
    mem_soft_limit_bytes: memBytes,
  }
}
