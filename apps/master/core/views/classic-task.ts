import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { array, bool, double, entries, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { labelList, wireResourceObject } from './classic-resources.ts'

/** A task as the classic endpoints show it. */
export function classicTask(task: mesos.Task): Json {
  const { resources = [], limits = {}, statuses = [] } = task
  return object({
    id: text(task.task_id.value),
    name: text(task.name),
    framework_id: text(task.framework_id.value),
    executor_id: text(task.executor_id?.value ?? ''),
    slave_id: text(task.agent_id.value),
    state: text(task.state),
    resources: wireResourceObject(resources),
    limits:
      Object.keys(limits).length > 0
        ? entries(Object.entries(limits).map(([name, scalar]) => [name, double(scalar.value)] as const))
        : undefined,
    role: text(resources[0]?.allocation_info?.role ?? '*'),
    statuses: array(statuses.map(encodeStatus)),
    user: task.user === undefined ? undefined : text(task.user),
    labels: labelList(task.labels),
    discovery: task.discovery && raw(encodeJson('mesos.v1.DiscoveryInfo', task.discovery)),
    container: task.container && raw(encodeJson('mesos.v1.ContainerInfo', task.container)),
    health_check: task.health_check && raw(encodeJson('mesos.v1.HealthCheck', task.health_check)),
  })
}

function encodeStatus(status: mesos.TaskStatus): Json {
  return object({
    state: text(status.state),
    timestamp: double(status.timestamp ?? 0),
    labels: labelList(status.labels),
    container_status: status.container_status && encodeContainer(status.container_status),
    healthy: status.healthy === undefined ? undefined : bool(status.healthy),
  })
}

function encodeContainer(container: mesos.ContainerStatus): Json {
  const networks = container.network_infos ?? []
  return object({
    container_id: container.container_id && raw(encodeJson('mesos.v1.ContainerID', container.container_id)),
    network_infos: array(networks.map(encodeNetwork)),
    cgroup_info:
      container.cgroup_info?.net_cls &&
      raw(encodeJson('mesos.v1.CgroupInfo', { net_cls: container.cgroup_info.net_cls })),
  })
}

function encodeNetwork(network: mesos.NetworkInfo): Json {
  const { groups = [], ip_addresses = [], port_mappings = [], name } = network
  return object({
    groups: groups.length > 0 ? array(groups.map(text)) : undefined,
    labels: labelList(network.labels),
    ip_addresses:
      ip_addresses.length > 0
        ? array(ip_addresses.map((ip) => raw(encodeJson('mesos.v1.NetworkInfo.IPAddress', ip))))
        : undefined,
    name: name === undefined ? undefined : text(name),
    port_mappings:
      port_mappings.length > 0
        ? array(port_mappings.map((port) => raw(encodeJson('mesos.v1.NetworkInfo.PortMapping', port))))
        : undefined,
  })
}
