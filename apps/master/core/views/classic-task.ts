import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { array, double, entries, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { labelList, wireResourceObject } from './classic-resources.ts'

/** A task as the classic endpoints show it. Nothing is more often in an answer: its text is put together directly. */
export function classicTask(task: mesos.Task): Json {
  const { resources = [], limits, statuses = [] } = task
  const amounts = limits && Object.entries(limits)
  return raw(
    `{"id":${text(task.task_id.value)}` +
      `,"name":${text(task.name)}` +
      `,"framework_id":${text(task.framework_id.value)}` +
      `,"executor_id":${text(task.executor_id?.value ?? '')}` +
      `,"slave_id":${text(task.agent_id.value)}` +
      `,"state":"${task.state}"` +
      `,"resources":${wireResourceObject(resources)}` +
      (amounts && amounts.length > 0
        ? `,"limits":${entries(amounts.map(([name, scalar]) => [name, double(scalar.value)] as const))}`
        : '') +
      `,"role":${text(resources[0]?.allocation_info?.role ?? '*')}` +
      `,"statuses":[${statusTexts(statuses)}]` +
      optional('user', task.user === undefined ? undefined : text(task.user)) +
      optional('labels', labelList(task.labels)) +
      optional('discovery', task.discovery && encodeJson('mesos.v1.DiscoveryInfo', task.discovery)) +
      optional('container', task.container && encodeJson('mesos.v1.ContainerInfo', task.container)) +
      optional('health_check', task.health_check && encodeJson('mesos.v1.HealthCheck', task.health_check)) +
      '}',
  )
}

const optional = (key: string, value: string | undefined): string => (value === undefined ? '' : `,"${key}":${value}`)

function statusTexts(statuses: readonly mesos.TaskStatus[]): string {
  let joined = ''
  for (const status of statuses) joined += joined === '' ? encodeStatus(status) : `,${encodeStatus(status)}`
  return joined
}

function encodeStatus(status: mesos.TaskStatus): string {
  const { container_status, healthy } = status
  return (
    `{"state":"${status.state}"` +
    `,"timestamp":${double(status.timestamp ?? 0)}` +
    optional('labels', labelList(status.labels)) +
    optional('container_status', container_status && encodeContainer(container_status)) +
    optional('healthy', healthy === undefined ? undefined : String(healthy)) +
    '}'
  )
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
