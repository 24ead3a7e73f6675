import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { labelList, resourceObject } from './classic-resources.ts'
import { array, bool, double, merged, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import type { ShownFramework } from './shown.ts'
import type { Executor, Offer } from '../model.ts'

const seconds = (at: number): Json => double(at / 1000)

/** What `/state-summary` and `/state` share. */
export function frameworkHead(framework: ShownFramework): Json {
  const { info, connection } = framework
  return object({
    id: text(framework.id),
    name: text(info.name),
    pid: framework.pid === undefined ? undefined : text(framework.pid),
    used_resources: resourceObject(framework.used.resources),
    offered_resources: resourceObject(framework.offered.resources),
    capabilities: array((info.capabilities ?? []).map((capability) => text(capability.type ?? 'UNKNOWN'))),
    hostname: text(info.hostname ?? ''),
    webui_url: text(info.webui_url ?? ''),
    active: bool(framework.active),
    connected: bool(connection === 'connected'),
    recovered: bool(connection === 'recovered'),
  })
}

/** What `/state` and `/frameworks` show of a framework before its lists. */
export function frameworkBeforeTasks(framework: ShownFramework): Json {
  const { info, registeredAt, reregisteredAt, isMultiRole } = framework
  const rest = object({
    principal: info.principal === undefined ? undefined : text(info.principal),
    user: text(info.user),
    failover_timeout: double(info.failover_timeout ?? 0),
    checkpoint: bool(info.checkpoint ?? false),
    registered_time: seconds(registeredAt),
    unregistered_time: seconds(framework.unregisteredAt),
    reregistered_time: reregisteredAt === registeredAt ? undefined : seconds(reregisteredAt),
    resources: resourceObject(framework.used.resources.add(framework.offered.resources)),
    role: isMultiRole ? undefined : text(info.role ?? '*'),
    roles: isMultiRole ? array((info.roles ?? []).map(text)) : undefined,
  })
  return merged(frameworkHead(framework), rest)
}

/** And after them. */
export function frameworkAfterTasks({ info, offerConstraints }: ShownFramework): Json {
  return object({
    labels: labelList(info.labels),
    offer_constraints: raw(encodeJson('mesos.v1.scheduler.OfferConstraints', offerConstraints ?? {})),
  })
}

export const classicOffer = (offer: Offer): Json =>
  object({
    id: text(offer.id),
    framework_id: text(offer.frameworkId),
    allocation_info: object({ role: text(offer.role) }),
    slave_id: text(offer.agentId),
    resources: resourceObject(offer.resources),
  })

export function classicExecutor({ info, frameworkId, agentId, resources }: Executor): Json {
  const role = info.resources?.[0]?.allocation_info?.role
  return object({
    executor_id: text(info.executor_id.value),
    name: text(info.name ?? ''),
    framework_id: text(frameworkId),
    command: classicCommand(info.command ?? {}),
    resources: resourceObject(resources),
    role: role === undefined ? undefined : text(role),
    labels: labelList(info.labels),
    type: info.type === undefined ? undefined : text(info.type),
    slave_id: text(agentId),
  })
}

function classicCommand(command: mesos.CommandInfo): Json {
  const { shell, value, environment } = command
  return object({
    shell: shell === undefined ? undefined : bool(shell),
    value: value === undefined ? undefined : text(value),
    argv: array((command.arguments ?? []).map(text)),
    environment: environment && raw(encodeJson('mesos.v1.Environment', environment)),
    uris: array(
      (command.uris ?? []).map((uri) => object({ value: text(uri.value), executable: bool(uri.executable ?? false) })),
    ),
  })
}
