import type { master, mesos } from '@thermosphere/protocol'
import { note, persist, respond, tellAgent } from '../emit.ts'
import { machineOf, machineText } from '../machines.ts'
import { rescindOffers } from '../offers.ts'
import { changeRecord, moveToGone } from '../registry.ts'
import type { DurableChange, Reply } from '../effects.ts'
import type { Agent, AgentId, AgentRecord, Master, RequestId } from '../model.ts'

/** The nanoseconds of a duration given in seconds and nanos. */
function graceOf(call: master.Call_DrainAgent): mesos.DurationInfo | undefined {
  const grace = call.max_grace_period
  if (!grace) return undefined
  return { nanoseconds: BigInt(grace.seconds ?? 0) * 1_000_000_000n + BigInt(grace.nanos ?? 0) }
}

const beingGone: Reply = { status: 409, text: 'Agent is currently being marked gone' }

const isDraining = (agent: Agent): boolean => agent.drain?.state === 'DRAINING'

/** Deactivates an agent and has it kill its tasks, within their grace. */
export function onDrainCall(m: Master, call: master.Call_DrainAgent, requestId: RequestId): void {
  const id = call.agent_id.value
  const refusal = drainRefusal(m, id)
  if (refusal !== undefined) return respond(m, requestId, { status: 400, text: refusal })
  if (m.transitions.get(id) === 'gone') return respond(m, requestId, beingGone)
  const max_grace_period = graceOf(call)
  const config = { ...(max_grace_period && { max_grace_period }), mark_gone: call.mark_gone ?? false }
  const drain: mesos.DrainInfo = { state: 'DRAINING', config }
  persist(m, changeRecord(m, id, { deactivated: true, drain, drainStartedAt: m.now }), {
    change: 'agent-draining',
    agentId: id,
    drain,
    startedAt: m.now,
    requestId,
  })
}

function drainRefusal(m: Master, id: AgentId): string | undefined {
  const agent = m.agents.get(id)
  if (!agent) return m.recoveredAgents.has(id) || m.unreachableAgents.has(id) ? undefined : 'Unknown agent'
  const machine = machineOf(m, agent)
  if (machine) return `Agent ${id} is part of a maintenance schedule under Machine ${machineText(machine.id)}`
  const capable = agent.capabilities.some((capability) => capability.type === 'AGENT_DRAINING')
  return capable ? undefined : `Agent ${id} is not capable of draining`
}

/** What is durable now, of an agent that is not here. */
function applyToRecord(m: Master, id: AgentId, change: Partial<AgentRecord>): void {
  const recovered = m.recoveredAgents.get(id)
  if (recovered) m.recoveredAgents.set(id, { ...recovered, ...change })
  const unreachable = m.unreachableAgents.get(id)
  if (unreachable) m.unreachableAgents.set(id, { ...unreachable, ...change })
}

type Draining = Extract<DurableChange, { change: 'agent-draining' }>

export function onAgentDraining(m: Master, { agentId, drain, startedAt, requestId }: Draining): void {
  respond(m, requestId, { status: 200 })
  applyToRecord(m, agentId, { deactivated: true, drain, drainStartedAt: startedAt })
  const agent = m.agents.get(agentId)
  if (!agent) return
  agent.drain = drain
  agent.drainStartedAt = startedAt
  deactivate(m, agent)
  note(m, 'agent.draining', { agentId })
  resumeDrain(m, agent)
}

function deactivate(m: Master, agent: Agent): void {
  agent.deactivated = true
  m.allocator.setAgentActive(agent.id, false)
  rescindOffers(m, agent.offers)
}

/** The agent may not know yet, or may have been away. */
export function resumeDrain(m: Master, agent: Agent): void {
  if (!isDraining(agent) || !agent.drain) return
  if (agent.connected) tellAgent(m, agent, { type: 'DRAIN', drain: { config: agent.drain.config } })
  finishDrainIfIdle(m, agent)
}

/** Drained means: no task whose end is not acknowledged, and no operation; one that is away has to come back first. */
export function finishDrainIfIdle(m: Master, agent: Agent): void {
  if (!isDraining(agent) || !agent.drain || !agent.connected || m.transitions.has(agent.id)) return
  if (agent.tasks.size > 0 || agent.operations.size > 0 || !m.agents.has(agent.id)) return
  // Another one is being written: that this one is over, or a newer one.
  if (m.entries.get(agent.id)?.record.drain !== agent.drain) return
  if (agent.drain.config.mark_gone) return markGone(m, agent.id, undefined)
  const drain: mesos.DrainInfo = { ...agent.drain, state: 'DRAINED' }
  persist(m, changeRecord(m, agent.id, { drain }), { change: 'agent-drained', agentId: agent.id, drain })
}

/** The registry has it: only now may the machine be switched off. */
export function onAgentDrained(m: Master, agentId: AgentId, drain: mesos.DrainInfo): void {
  applyToRecord(m, agentId, { drain })
  const agent = m.agents.get(agentId)
  if (agent) agent.drain = drain
}

/** Registry first; see onAgentGone. */
function markGone(m: Master, agentId: AgentId, requestId: RequestId | undefined): void {
  m.transitions.set(agentId, 'gone')
  persist(m, moveToGone(m, agentId, m.now), { change: 'agent-gone', agentId, requestId })
}

export function onMarkGoneCall(m: Master, agentId: AgentId, requestId: RequestId): void {
  if (m.goneAgents.has(agentId)) return respond(m, requestId, { status: 200 })
  const known = m.agents.get(agentId) ?? m.recoveredAgents.get(agentId) ?? m.unreachableAgents.get(agentId)
  if (!known) return respond(m, requestId, { status: 404, text: `Agent '${agentId}' not found` })
  const transition = m.transitions.get(agentId)
  if (transition !== undefined) {
    const text = `Agent '${agentId}' is currently in transition: ${transition}`
    return respond(m, requestId, { status: 503, text })
  }
  markGone(m, agentId, requestId)
}

export function onDeactivateCall(m: Master, agentId: AgentId, deactivated: boolean, requestId: RequestId): void {
  const agent = m.agents.get(agentId) ?? m.recoveredAgents.get(agentId) ?? m.unreachableAgents.get(agentId)
  const refusal = !agent ? 'Unknown agent' : deactivated ? undefined : reactivateRefusal(agent)
  if (refusal !== undefined) return respond(m, requestId, { status: 400, text: refusal })
  if (m.transitions.get(agentId) === 'gone') return respond(m, requestId, beingGone)
  const change = deactivated ? { deactivated } : { deactivated, drain: undefined, drainStartedAt: 0 }
  persist(m, changeRecord(m, agentId, change), { change: 'agent-deactivated', agentId, deactivated, requestId })
}

function reactivateRefusal(agent: Pick<AgentRecord, 'deactivated' | 'drain'>): string | undefined {
  if (!agent.deactivated) return 'Agent is not deactivated'
  return agent.drain?.state === 'DRAINING' ? 'Agent is still in the DRAINING state' : undefined
}

export function onAgentDeactivated(m: Master, agentId: AgentId, deactivated: boolean, requestId: RequestId): void {
  respond(m, requestId, { status: 200 })
  applyToRecord(m, agentId, deactivated ? { deactivated } : { deactivated, drain: undefined, drainStartedAt: 0 })
  const agent = m.agents.get(agentId)
  if (!agent) return
  if (deactivated) return deactivate(m, agent)
  agent.deactivated = false
  agent.drain = undefined
  m.allocator.setAgentActive(agentId, agent.connected)
}
