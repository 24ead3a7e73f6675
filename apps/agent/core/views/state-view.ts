import { toEndpointFormat } from '@thermosphere/offer-engine'
import type { Resources } from '@thermosphere/offer-engine'
import { toJsonObject } from '@thermosphere/protocol'
import type { mesos, WireTypes } from '@thermosphere/protocol'
import { may, seesExecutor, seesFramework, seesTask } from '../access/access.ts'
import type { Access } from '../access/access.ts'
import { allocationRole } from '../plans/environment.ts'
import type { AgentState, CompletedExecutor, CompletedFramework, Executor, Framework, Task } from '../state.ts'
import { isTerminal } from '../tasks/task-states.ts'
import { allocatedResources, executorResources } from './allocated.ts'
import { resourceObject, resourceObjectOf } from './resource-object.ts'
import type { ResourceObject } from './resource-object.ts'
import { taskRecord } from './task-record.ts'

/** The agent's classic `/state`, without what only the process knows (version, flags) and what one may not see. */
export function stateView(state: AgentState, access: Access): Record<string, unknown> {
  const allocated = allocatedResources(state).unallocated()
  return {
    id: state.agentId ?? '',
    pid: `slave(1)@${state.config.ip}:${state.config.port}`,
    hostname: state.config.hostname,
    capabilities: state.config.capabilities,
    resources: resourceObject(state.total),
    reserved_resources: byRole(state.total, access),
    unreserved_resources: resourceObject(state.total.unreserved()),
    reserved_resources_full: fullByRole(state.total, access),
    unreserved_resources_full: state.total.unreserved().toWire().map(endpointResource),
    reserved_resources_allocated: byRole(allocated, access),
    unreserved_resources_allocated: resourceObject(allocated.unreserved()),
    resource_providers: [],
    attributes: attributesObject(state.config.attributes),
    ...(state.config.domain === undefined ? {} : { domain: json('mesos.v1.DomainInfo', state.config.domain) }),
    ...(state.drain === undefined ? {} : { drain_config: json('mesos.v1.DrainConfig', state.drain) }),
    ...(state.drainStartedAt === undefined ? {} : { estimated_drain_start_time_seconds: state.drainStartedAt / 1000 }),
    frameworks: [...state.frameworks.values()]
      .filter((framework) => seesFramework(access, framework))
      .map((framework) => frameworkObject({ state, access, framework })),
    completed_frameworks: state.completedFrameworks
      .filter((framework) => seesFramework(access, framework))
      .map((framework) => ({
        ...frameworkHead(framework.info),
        executors: [],
        completed_executors: completedExecutorObjects(framework, access),
      })),
  }
}

function endpointResource(resource: mesos.Resource): unknown {
  return toJsonObject('mesos.v1.Resource', toEndpointFormat(resource))
}

function reservedRoles(resources: Resources, access: Access): string[] {
  const roles = resources.toWire().map((resource) => resource.reservations?.at(-1)?.role)
  const seen = roles.filter((role) => role !== undefined).filter((role) => may(access, 'view_roles', role))
  return [...new Set(seen)].toSorted()
}

function byRole(resources: Resources, access: Access): Record<string, ResourceObject> {
  const roles = reservedRoles(resources, access)
  return Object.fromEntries(roles.map((role) => [role, resourceObject(resources.reserved(role))]))
}

function fullByRole(resources: Resources, access: Access): Record<string, unknown[]> {
  return Object.fromEntries(
    reservedRoles(resources, access).map((role) => [role, resources.reserved(role).toWire().map(endpointResource)]),
  )
}

export function attributesObject(attributes: readonly mesos.Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map((attribute) => {
      if (attribute.scalar !== undefined) return [attribute.name, attribute.scalar.value]
      if (attribute.text !== undefined) return [attribute.name, attribute.text.value]
      const ranges = (attribute.ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`)
      return [attribute.name, `[${ranges.join(', ')}]`]
    }),
  )
}

function frameworkHead(info: mesos.FrameworkInfo): Record<string, unknown> {
  const isMultiRole = info.capabilities?.some(({ type }) => type === 'MULTI_ROLE') ?? false
  return {
    id: info.id?.value ?? '',
    name: info.name,
    user: info.user,
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: info.checkpoint ?? false,
    hostname: info.hostname ?? '',
    ...(info.principal === undefined ? {} : { principal: info.principal }),
    ...(isMultiRole ? { roles: info.roles ?? [] } : { role: info.role ?? '*' }),
  }
}

type Seen = { readonly state: AgentState; readonly access: Access; readonly framework: Framework }

function frameworkObject(seen: Seen): Record<string, unknown> {
  const { access, framework } = seen
  return {
    ...frameworkHead(framework.info),
    executors: [...framework.executors.values()]
      .filter((executor) => seesExecutor(access, framework, executor))
      .map((executor) => executorObject(seen, executor)),
    completed_executors: completedExecutorObjects(framework, access),
  }
}

type ExecutorHead = Pick<CompletedExecutor, 'id' | 'kind' | 'info' | 'containerId' | 'directory'>

function executorHead(executor: ExecutorHead, resources: readonly mesos.Resource[]): Record<string, unknown> {
  const { info } = executor
  const role = allocationRole(info.resources) ?? allocationRole(resources)
  const labels = labelsOf(info.labels)
  return {
    id: executor.id,
    name: info.name ?? '',
    source: info.source ?? '',
    container: executor.containerId,
    directory: executor.directory,
    resources: resourceObjectOf(resources),
    ...(role === undefined ? {} : { role }),
    ...(labels === undefined ? {} : { labels }),
    ...(executor.kind === 'group' ? { type: 'DEFAULT' } : {}),
  }
}

function executorObject({ state, access, framework }: Seen, executor: Executor): Record<string, unknown> {
  const recordOf = (task: Task): mesos.Task => taskRecord(state, framework, executor, task)
  const sees = (task: mesos.Task): boolean => seesTask(access, framework, task)
  const tasks = [...executor.tasks.values()].map(recordOf).filter(sees)
  const queued = executor.queued.flatMap(({ tasks: members }) => [...members])
  return {
    ...executorHead(executor, executorResources(executor)),
    tasks: tasks.filter((task) => !isTerminal(task.state)).map(taskObject),
    queued_tasks: queued.filter((task) => sees(recordOf(task))).map((task) => queuedObject(task, executor)),
    completed_tasks: [
      ...tasks.filter((task) => isTerminal(task.state)).map(taskObject),
      ...executor.completedTasks.filter(sees).map(taskObject),
    ],
  }
}

function completedExecutorObjects(framework: CompletedFramework, access: Access): Record<string, unknown>[] {
  return framework.completedExecutors
    .filter((executor) => seesExecutor(access, framework, executor))
    .map((executor) => ({
      ...executorHead(executor, executor.info.resources ?? []),
      tasks: [],
      queued_tasks: [],
      completed_tasks: executor.completedTasks.filter((task) => seesTask(access, framework, task)).map(taskObject),
    }))
}

function queuedObject({ info }: Task, executor: Executor): Record<string, unknown> {
  return {
    id: info.task_id.value,
    name: info.name,
    slave_id: info.agent_id.value,
    resources: resourceObjectOf(info.resources ?? []),
    role: allocationRole(info.resources) ?? '*',
    ...(info.command === undefined ? {} : { command: json('mesos.v1.CommandInfo', info.command) }),
    executor_id: executor.id,
    ...(info.discovery === undefined ? {} : { discovery: json('mesos.v1.DiscoveryInfo', info.discovery) }),
  }
}

function json<N extends keyof WireTypes & string>(name: N, value: WireTypes[N]): unknown {
  return toJsonObject(name, value)
}

/** A task as the classic endpoints of master and agent show it. */
export function taskObject(task: mesos.Task): Record<string, unknown> {
  const labels = labelsOf(task.labels)
  return {
    id: task.task_id.value,
    name: task.name,
    framework_id: task.framework_id.value,
    executor_id: task.executor_id?.value ?? '',
    slave_id: task.agent_id.value,
    state: task.state,
    resources: resourceObjectOf(task.resources ?? []),
    role: allocationRole(task.resources) ?? '*',
    statuses: (task.statuses ?? []).map(statusObject),
    ...(task.user === undefined ? {} : { user: task.user }),
    ...(labels === undefined ? {} : { labels }),
    ...(task.discovery === undefined ? {} : { discovery: json('mesos.v1.DiscoveryInfo', task.discovery) }),
    ...(task.container === undefined ? {} : { container: json('mesos.v1.ContainerInfo', task.container) }),
    ...(task.health_check === undefined ? {} : { health_check: json('mesos.v1.HealthCheck', task.health_check) }),
  }
}

function statusObject(status: mesos.TaskStatus): Record<string, unknown> {
  const labels = labelsOf(status.labels)
  return {
    state: status.state,
    timestamp: status.timestamp ?? 0,
    ...(labels === undefined ? {} : { labels }),
    ...(status.container_status === undefined
      ? {}
      : { container_status: containerStatusObject(status.container_status) }),
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
  }
}

function containerStatusObject({ container_id: id, network_infos: networks }: mesos.ContainerStatus): unknown {
  return {
    ...(id === undefined ? {} : { container_id: json('mesos.v1.ContainerID', id) }),
    ...(networks === undefined ? {} : { network_infos: networks.map((info) => json('mesos.v1.NetworkInfo', info)) }),
  }
}

function labelsOf(labels: mesos.Labels | undefined): unknown[] | undefined {
  if (labels?.labels === undefined || labels.labels.length === 0) return undefined
  return labels.labels.map((label) => json('mesos.v1.Label', label))
}
