import { encodeJson } from '@thermosphere/protocol'
import type { Resources } from '@thermosphere/offer-engine'
import { seenResources, seesRole } from '../access/sight.ts'
import type { Sight } from '../access/sight.ts'
import { endpointFormat } from '../resource-format.ts'
import { attributeObject, resourceObject } from './classic-resources.ts'
import { array, bool, double, entries, integer, merged, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { isActive, pidOf } from './v1-entities.ts'
import type { ShownAgent } from './shown.ts'
import type { AgentId, AgentRecord } from '../model.ts'

/** An agent as `/state` and `/state-summary` show it. */
export function classicAgent(agent: ShownAgent): Json {
  const { info } = agent
  return object({
    id: text(agent.id),
    hostname: text(info.hostname),
    port: integer(info.port ?? 5051),
    attributes: attributeObject(info.attributes),
    domain: info.domain && raw(encodeJson('mesos.v1.DomainInfo', info.domain)),
    pid: text(pidOf(agent)),
    registered_time: double(agent.registeredAt / 1000),
    reregistered_time: agent.reregisteredAt === undefined ? undefined : double(agent.reregisteredAt / 1000),
    resources: resourceObject(agent.total),
    used_resources: resourceObject(agent.used.resources),
    offered_resources: resourceObject(agent.offered.resources),
    reserved_resources: byRole(agent, resourceObject),
    unreserved_resources: resourceObject(agent.total.unreserved()),
    active: bool(isActive(agent)),
    deactivated: bool(agent.deactivated),
    version: text(agent.version),
    capabilities: array(agent.capabilities.map((capability) => text(capability.type ?? 'UNKNOWN'))),
    ...drainMembers(agent),
  })
}

function drainMembers(agent: ShownAgent): Record<string, Json> {
  if (!agent.drain) return {}
  return {
    drain_info: raw(encodeJson('mesos.v1.DrainInfo', agent.drain)),
    estimated_drain_start_time_seconds: double(agent.drainStartedAt / 1000),
  }
}

/** Sums over all roles are shown to everybody, as in Mesos; each role's part to who sees the role. */
function byRole({ total, seenBy }: ShownAgent, encode: (part: Resources) => Json): Json {
  const parts = [...total.reservations()].filter(([role]) => !seenBy || seesRole(seenBy, role))
  return entries(parts.map(([role, part]) => [role, encode(part)] as const))
}

function full(resources: Resources, seenBy: Sight | undefined): Json {
  const wire = resources.toWire()
  const seen = seenBy ? (seenResources(seenBy, wire) ?? []) : wire
  return array(endpointFormat(seen).map((resource) => raw(encodeJson('mesos.v1.Resource', resource))))
}

/** `/slaves` adds the resources in the wire's own form. */
export function classicAgentFull(agent: ShownAgent): Json {
  const { total, used, offered, seenBy } = agent
  const resources = object({
    reserved_resources_full: byRole(agent, (part) => full(part, seenBy)),
    unreserved_resources_full: full(total.unreserved(), seenBy),
    used_resources_full: full(used.resources, seenBy),
    offered_resources_full: full(offered.resources, seenBy),
  })
  return merged(classicAgent(agent), resources)
}

/** An agent of the registry that has not come back yet. */
export const classicRecoveredAgent = (id: AgentId, { info }: AgentRecord): Json =>
  object({
    id: text(id),
    hostname: text(info.hostname),
    port: integer(info.port ?? 5051),
    attributes: attributeObject(info.attributes),
    domain: info.domain && raw(encodeJson('mesos.v1.DomainInfo', info.domain)),
  })
