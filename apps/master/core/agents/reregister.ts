import type { agentLink } from '@thermosphere/protocol'
import { agentSpec } from '../allocation-books.ts'
import { cancelTimer, note, persist, persistQuietly, sendStatus, tellAgent, tellOperators } from '../emit.ts'
import { rescindOffers } from '../offers.ts'
import { reconcileOperations } from '../operations.ts'
import { admit, changeRecord, isSameInfo } from '../registry.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Rest } from '../steps/rest.ts'
import { masterStatus } from '../tasks.ts'
import { showAgent } from '../views/shown.ts'
import { agentWire } from '../views/v1-entities.ts'
import { enterAddress, leaveAddress } from './addresses.ts'
import { admissionProblem } from './admission.ts'
import { resumeDrain } from './drain.ts'
import { refuse, shutDown } from './link-messages.ts'
import { cancelRemoval } from './removal-limits.ts'
import {
  attachLink,
  createAgent,
  freshRecord,
  isDown,
  reachedAt,
  joinCluster,
  leaveIfDown,
  totalOf,
  totalPingTimeoutMs,
} from './register.ts'
import { adoptWorkload, reconcileAgent, shutDownCompleted } from './workload.ts'
import type { Revived } from './workload.ts'
import type { Agent, AgentId, AgentRecord, LinkId, Master } from '../model.ts'

type Reregister = agentLink.AgentMessage_Reregister

/** An agent that had an id comes back: after a broken link, a restart of either side, or long silence. */
export function onReregister(m: Master, linkId: LinkId, said: Reregister): void {
  m.counters.add('master/messages_reregister_slave')
  const link = m.links.get(linkId)
  const id = said.agent_info.id?.value
  if (link?.state !== 'open' || id === undefined) return
  if (m.goneAgents.has(id)) return shutDown(m, linkId, 'Agent has been marked gone')
  const problem = admissionProblem(m, said)
  if (problem !== undefined) return refuse(m, linkId, problem)
  if (isDown(m, said.agent_info, reachedAt(said, link.ip)))
    return shutDown(m, linkId, 'Machine is down for maintenance')
  // It comes back, and by then the transition is through.
  if (m.transitions.has(id)) return void m.effects.push({ type: 'close-link', linkId })
  const known = m.agents.get(id)
  if (known && known.info.hostname !== said.agent_info.hostname)
    return shutDown(m, linkId, 'Agent attempted to re-register with another hostname')
  if (known) return leaveForRest(m, reconnect(m, known, linkId, said))
  readmit(m, linkId, said, link.ip)
}

/** Unreachable, recovered or forgotten: the registry has it as admitted before anything else happens. */
function readmit(m: Master, linkId: LinkId, said: Reregister, ip: string): void {
  const id = said.agent_info.id?.value ?? ''
  const kept = m.entries.get(id)?.record ?? freshRecord(said.agent_info)
  const record = { ...kept, info: said.agent_info }
  m.links.set(linkId, { state: 'joining', ip })
  m.transitions.set(id, 'returning')
  const change = {
    change: 'agent-readmitted',
    linkId,
    reregister: said,
    record,
    returned: !m.recoveredAgents.has(id),
  } as const
  if (isKept(m, id, said)) return leaveForRest(m, onAgentReadmitted(m, change))
  persist(m, admit(m, id, record), change)
}

/** As the registry has it already: nothing is to be written, as in Mesos, when everybody comes back to a new leader. */
function isKept(m: Master, id: AgentId, { agent_info: info }: Reregister): boolean {
  const recovered = m.recoveredAgents.get(id)
  // Another record than that has a change under way, behind which the agent has to wait.
  return recovered !== undefined && m.entries.get(id)?.record === recovered && isSameInfo(recovered.info, info)
}

/** The master never forgot this agent: it compares the books. */
function* reconnect(m: Master, agent: Agent, linkId: LinkId, said: Reregister): Rest {
  if (agent.link !== undefined && agent.link !== linkId) m.effects.push({ type: 'close-link', linkId: agent.link })
  cancelTimer(m, `reregister/${agent.id}`)
  cancelRemoval(m, agent.id)
  // The agent tells of revocable resources next; until then they are what they were.
  const total = totalOf(said).add(agent.total.revocable())
  // What it brings may be more than the master knew of: nothing of it may be on offer.
  rescindOffers(m, agent.offers)
  const isChanged = !isSameInfo(agent.info, said.agent_info)
  leaveAddress(m, agent)
  agent.info = { ...said.agent_info, id: { value: agent.id } }
  enterAddress(m, agent)
  agent.version = said.version
  agent.capabilities = said.capabilities ?? []
  agent.total = total
  agent.resourceVersion = said.resource_version_uuid
  agent.reregisteredAt = m.now
  attachLink(m, agent, linkId)
  m.allocator.updateAgent(agent.id, agentSpec(m, agent))
  m.allocator.setAgentActive(agent.id, agentSpec(m, agent).active ?? true)
  m.counters.add('master/slave_reregistrations')
  if (isChanged) persistQuietly(m, changeRecord(m, agent.id, { info: agent.info }))
  const ask = yield* reconcileAgent(m, agent, said)
  welcome(m, agent, ask)
  reconcileOperations(m, agent, said.operations ?? [])
  resumeDrain(m, agent)
  note(m, 'agent.reregistered', { agentId: agent.id, hostname: agent.info.hostname })
}

function welcome(m: Master, agent: Agent, reconcile_tasks: agentLink.MasterMessage_TaskRef[]): void {
  const reregistered = {
    agent_id: { value: agent.id },
    total_ping_timeout_ms: totalPingTimeoutMs(m),
    reconcile_tasks,
    master_info: m.info,
  }
  tellAgent(m, agent, { type: 'REREGISTERED', reregistered })
}

export type Readmitted = {
  readonly linkId: LinkId
  readonly reregister: Reregister
  readonly record: AgentRecord
  /** False if this master had the agent as recovered: then its tasks are simply known, not news. */
  readonly returned: boolean
}

/** The registry has the agent again: it joins with all that it runs. */
export function* onAgentReadmitted(m: Master, { linkId, reregister, record, returned }: Readmitted): Rest {
  const id = reregister.agent_info.id?.value ?? ''
  m.transitions.delete(id)
  const wasUnreachable = m.unreachableAgents.has(id)
  const wasAwaited = m.recoveredAgents.has(id)
  const link = m.links.get(linkId)
  const agent = createAgent(id, reregister, record, { ip: link?.ip ?? '', now: m.now })
  agent.reregisteredAt = m.now
  const revived = yield* adoptWorkload(m, agent, reregister)
  // One that this master has not given up yet has left nothing behind.
  if (returned) forgetUnreachable(m, id)
  joinCluster(m, agent, link ? linkId : undefined)
  m.counters.add('master/slave_reregistrations')
  welcome(m, agent, [])
  tellOperators(m, { type: 'AGENT_ADDED', agent_added: { agent: agentWire(showAgent(agent)) } })
  if (returned) yield* announceReturn(m, revived, wasUnreachable)
  shutDownCompleted(m, linkId, reregister)
  resumeDrain(m, agent)
  note(m, 'agent.reregistered', { agentId: id, hostname: agent.info.hostname, taskCount: agent.tasks.size })
  if (wasAwaited && m.recoveredAgents.size === 0) noteRecovery(m)
  leaveIfDown(m, agent)
}

/** Everybody whom the registry had admitted is back: the last part of a failover. */
function noteRecovery(m: Master): void {
  note(m, 'agents.reregistered', { agentCount: m.recoveredCount, durationMs: m.now - m.electedAt })
}

/** What a returned agent does not speak of never arrived there, or is over. */
function forgetUnreachable(m: Master, agentId: string): void {
  for (const { unreachableTasks } of m.frameworks.values()) {
    for (const [id, task] of [...unreachableTasks]) if (task.agentId === agentId) unreachableTasks.delete(id)
  }
}

/** A master-made update for each task that was thought lost: where its scheduler stands, which shall not skip one. */
function* announceReturn(m: Master, revived: readonly Revived[], wasUnreachable: boolean): Rest {
  // Mesos spells it like this.
  const message = wasUnreachable ? 'Unreachable agent re-reregistered' : 'Unknown agent reregistered'
  for (const { framework, task } of revived) {
    const { task_id, agent_id } = task.wire
    const state = task.wire.status_update_state ?? task.wire.state
    const status = masterStatus(m, { task_id, agent_id, state, reason: 'REASON_AGENT_REREGISTERED', message })
    sendStatus(m, framework, status)
    const updated = { framework_id: { value: framework.id }, status, state }
    tellOperators(m, { type: 'TASK_UPDATED', task_updated: updated })
    yield
  }
}
