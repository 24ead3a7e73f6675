import { fromMilli, Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { AgentState, Executor } from '../state.ts'
import { executorResources } from './allocated.ts'

const MIB = 1_048_576

/** A live container with what its executor holds; the shell adds what it measures. */
export type ContainerView = {
  /** As the containerizer knows it. */
  readonly key: string
  readonly containerId: mesos.ContainerID
  readonly frameworkId: string
  readonly executorId: string
  readonly executorName: string
  readonly source: string
  readonly pid: number | undefined
  readonly isNested: boolean
  /** Containers whose usage adds up to this one's: a pod measures its members. */
  readonly measured: readonly string[]
  readonly limits: Pick<mesos.ResourceStatistics, 'cpus_soft_limit' | 'mem_limit_bytes' | 'mem_soft_limit_bytes'>
}

export function containersView(state: AgentState, options: { readonly nested: boolean }): ContainerView[] {
  const views: ContainerView[] = []
  for (const framework of state.frameworks.values()) {
    for (const executor of framework.executors.values()) {
      if (executor.phase.type === 'terminated') continue
      views.push(executorContainer(executor))
      if (options.nested && executor.kind === 'group') views.push(...memberContainers(executor))
    }
  }
  return views
}

function common(executor: Executor) {
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
    ...common(executor),
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
        ...common(executor),
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
