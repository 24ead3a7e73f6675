import type { AgentSpec, FrameworkSpec, Holding } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Millis } from '@thermosphere/effects'
import { machineOf } from './machines.ts'
import type { Agent, Framework, Master } from './model.ts'

/** Gives resources that were offered or used back to the allocator; with `refuseMs` as declined. */
export function recover(m: Master, holding: Holding, refuseMs: Millis = 0): void {
  m.allocator.recover(holding, { now: m.now, refuseMs })
}

const types = <T extends string>(capabilities: readonly { readonly type?: T | undefined }[] | undefined): T[] =>
  (capabilities ?? []).flatMap((capability) => capability.type ?? [])

/** A framework as the allocator sees it. */
export function frameworkSpec(framework: Framework): FrameworkSpec {
  const { info } = framework
  return {
    id: framework.id,
    roles: framework.roles,
    suppressedRoles: [...framework.suppressed],
    capabilities: types<mesos.FrameworkInfo_Capability_Type>(info.capabilities),
    offerFilters: info.offer_filters,
    offerConstraints: framework.offerConstraints,
    active: framework.active,
  }
}

/** An agent as the allocator sees it. */
export function agentSpec(m: Master, agent: Agent): AgentSpec {
  return {
    id: agent.id,
    hostname: agent.info.hostname,
    total: agent.total,
    attributes: agent.info.attributes,
    domain: agent.info.domain,
    capabilities: types<mesos.AgentInfo_Capability_Type>(agent.capabilities),
    active: isOffered(m, agent),
    used: agent.used.byKey,
  }
}

/** Whether an agent's resources may be offered. */
const isOffered = (m: Master, agent: Agent): boolean =>
  agent.connected && !agent.deactivated && !m.transitions.has(agent.id) && machineOf(m, agent)?.mode !== 'DOWN'
