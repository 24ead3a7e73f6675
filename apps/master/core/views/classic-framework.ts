import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { labelList, resourceObject } from './classic-resources.ts'
import { classicTask } from './classic-task.ts'
import { array, bool, double, merged, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { offeredTo, usedBy } from './v1-entities.ts'
import type { Executor, Framework, Master, Offer, Task } from '../model.ts'

const seconds = (at: number): Json => double(at / 1000)
const tasks = (all: Iterable<Task>): Json => array(Array.from(all, (task) => classicTask(task.wire)))

/** What `/state-summary` and `/state` share. */
export function frameworkHead(framework: Framework): Json {
  const { info, connection } = framework
  return object({
    id: text(framework.id),
    name: text(info.name),
    used_resources: resourceObject(usedBy(framework)),
    offered_resources: resourceObject(offeredTo(framework)),
    capabilities: array((info.capabilities ?? []).map((capability) => text(capability.type ?? 'UNKNOWN'))),
    hostname: text(info.hostname ?? ''),
    webui_url: text(info.webui_url ?? ''),
    active: bool(framework.active),
    connected: bool(connection.state === 'connected'),
    recovered: bool(connection.state === 'recovered'),
  })
}

/** A framework with everything it has. */
export function classicFramework(_m: Master, framework: Framework): Json {
  const { info, registeredAt, reregisteredAt } = framework
  const multiRole = framework.capabilities.has('MULTI_ROLE')
  const rest = object({
    principal: info.principal === undefined ? undefined : text(info.principal),
    user: text(info.user),
    failover_timeout: double(info.failover_timeout ?? 0),
    checkpoint: bool(info.checkpoint ?? false),
    registered_time: seconds(registeredAt),
    unregistered_time: seconds(framework.unregisteredAt),
    reregistered_time: reregisteredAt === registeredAt ? undefined : seconds(reregisteredAt),
    resources: resourceObject(usedBy(framework).add(offeredTo(framework))),
    role: multiRole ? undefined : text(info.role ?? '*'),
    roles: multiRole ? array((info.roles ?? []).map(text)) : undefined,
    tasks: tasks(framework.tasks.values()),
    unreachable_tasks: tasks(framework.unreachableTasks.values()),
    completed_tasks: tasks(framework.completedTasks.values()),
    offers: array([...framework.offers].map(classicOffer)),
    executors: array([...framework.executors.values()].flatMap((byId) => [...byId.values()].map(classicExecutor))),
    labels: labelList(info.labels),
    offer_constraints: raw(encodeJson('mesos.v1.scheduler.OfferConstraints', framework.offerConstraints ?? {})),
  })
  return merged(frameworkHead(framework), rest)
}

const classicOffer = (offer: Offer): Json =>
  object({
    id: text(offer.id),
    framework_id: text(offer.frameworkId),
    allocation_info: object({ role: text(offer.role) }),
    slave_id: text(offer.agentId),
    resources: resourceObject(offer.resources),
  })

function classicExecutor({ info, frameworkId, agentId, resources }: Executor): Json {
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
