import { armTimer, cancelTimer, note, sendStatus, tellAgent } from '../emit.ts'
import { rescindInverseOffer, rescindOffers } from '../offers.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Rest } from '../steps/rest.ts'
import { cancelRemoval, scheduleUnreachable } from './removal-limits.ts'
import { applyStatus, masterStatus, removeTask } from '../tasks.ts'
import type { Agent, AgentId, AgentRecord, Framework, LinkId, Master, Task } from '../model.ts'

/** Time for the next ping. Enough unanswered ones and the agent counts as unreachable. */
export function onPingTimer(m: Master, agentId: AgentId): void {
  const agent = m.agents.get(agentId)
  if (!agent || m.transitions.has(agentId)) return
  if (agent.pingMisses >= m.config.maxAgentPingTimeouts) scheduleUnreachable(m, agent, 'health check timed out')
  if (m.transitions.has(agentId)) return
  // Counted as missed until the pong is in; also while there is no link to send it over.
  agent.pingMisses++
  tellAgent(m, agent, { type: 'PING', ping: { connected: agent.connected } })
  armTimer(m, `ping/${agentId}`, m.now + m.config.agentPingTimeoutMs)
}

export function onPong(m: Master, agent: Agent): void {
  agent.pingMisses = 0
  if (agent.connected) cancelRemoval(m, agent.id)
}

export const recordOf = (agent: Agent): AgentRecord => ({
  info: agent.info,
  deactivated: agent.deactivated,
  drain: agent.drain,
  drainStartedAt: agent.drainStartedAt,
})

/** A link ended: the agent may come back within the re-registration time. Frameworks without checkpoints lose their tasks. */
export function onLinkClosed(m: Master, linkId: LinkId): void {
  const link = m.links.get(linkId)
  m.links.delete(linkId)
  if (link?.state !== 'joined') return
  const agent = m.agents.get(link.agentId)
  if (!agent || agent.link !== linkId) return
  agent.link = undefined
  agent.connected = false
  m.allocator.setAgentActive(agent.id, false)
  rescindOffers(m, agent.offers)
  for (const offer of [...agent.inverseOffers]) rescindInverseOffer(m, offer)
  armTimer(m, `reregister/${agent.id}`, m.now + m.config.agentReregisterTimeoutMs)
  leaveForRest(m, loseUncheckpointed(m, agent))
}

function* loseUncheckpointed(m: Master, agent: Agent): Rest {
  for (const task of [...agent.tasks.values()]) {
    yield
    const framework = m.frameworks.get(task.frameworkId)
    if (framework && framework.info.checkpoint !== true) loseTask(m, framework, agent, task)
  }
  note(m, 'agent.disconnected', { agentId: agent.id, hostname: agent.info.hostname })
}

function loseTask(m: Master, framework: Framework, agent: Agent, task: Task): void {
  const status = masterStatus(m, {
    task_id: task.wire.task_id,
    state: 'TASK_LOST',
    reason: 'REASON_AGENT_DISCONNECTED',
    message: `Agent ${agent.info.hostname} disconnected`,
    agent_id: { value: agent.id },
  })
  applyStatus(m, framework, agent, task, { status })
  sendStatus(m, framework, status)
  removeTask(m, framework, agent, task)
}

export function onReregisterTimer(m: Master, agentId: AgentId): void {
  const agent = m.agents.get(agentId)
  if (!agent || agent.connected || m.transitions.has(agentId)) return
  const minutes = Math.round(m.config.agentReregisterTimeoutMs / 60_000)
  scheduleUnreachable(m, agent, `agent did not reregister within ${minutes}mins after disconnecting`)
}

export function stopWatching(m: Master, agent: Agent): void {
  cancelTimer(m, `ping/${agent.id}`)
  cancelTimer(m, `reregister/${agent.id}`)
  cancelRemoval(m, agent.id)
}
