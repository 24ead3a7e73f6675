import { armTimer, cancelTimer, persist } from '../emit.ts'
import { moveToUnreachable } from '../registry.ts'
import type { Rest } from '../steps/rest.ts'
import type { Agent, AgentId, Master } from '../model.ts'
import type { Millis } from '@thermosphere/effects'

/**
 * Agents that are taken for lost go through one limiter (`agent_removal_rate_limit`): a fault of the network shall not
 * take a whole cluster away in a minute. An agent that answers while it waits there stays.
 */
export function scheduleUnreachable(m: Master, agent: Agent, message: string): void {
  if (m.removals.has(agent.id)) return
  m.counters.add('master/slave_unreachable_scheduled')
  if (mayGoNow(m, agent.id, message)) markUnreachable(m, agent, message)
}

/** The registry first; tasks and frameworks hear of it when it is on disk. */
function markUnreachable(m: Master, agent: Agent, message: string): void {
  m.transitions.set(agent.id, 'unreachable')
  m.allocator.setAgentActive(agent.id, false)
  persist(m, moveToUnreachable(m, agent.id, m.now), {
    change: 'agent-unreachable',
    agentId: agent.id,
    message,
  })
}

/** Whether the agent's turn is now; otherwise it waits for it. */
function mayGoNow(m: Master, agentId: AgentId, message: string): boolean {
  const at = nextPermit(m)
  if (at <= m.now) return true
  m.removals.set(agentId, message)
  armTimer(m, `removal/${agentId}`, at)
  return false
}

/** The first removal goes at once; then one in each part of the limit's time. */
function nextPermit(m: Master): Millis {
  const limit = m.config.agentRemovalRateLimit
  if (limit === undefined) return m.now
  const at = Math.max(m.now, m.nextRemovalAt)
  m.nextRemovalAt = at + limit.perMs / limit.count
  return at
}

/** The agent is back, or not there to be removed any more. */
export function cancelRemoval(m: Master, agentId: AgentId): void {
  if (!m.removals.delete(agentId)) return
  cancelTimer(m, `removal/${agentId}`)
  m.counters.add('master/slave_unreachable_canceled')
}

export function onRemovalTimer(m: Master, agentId: AgentId): void {
  const message = m.removals.get(agentId)
  m.removals.delete(agentId)
  if (m.recoveredAgents.has(agentId)) return giveUpRecovered(m, agentId)
  const agent = m.agents.get(agentId)
  if (agent && message !== undefined && !m.transitions.has(agentId)) markUnreachable(m, agent, message)
}

/** Agents of the registry that did not come back after a failover of the master. */
export function* onRecoveryTimer(m: Master): Rest {
  const missing = [...m.recoveredAgents.keys()].filter((agentId) => !m.transitions.has(agentId))
  const problem = recoveryProblem(m, missing.length)
  if (problem !== undefined) return void m.effects.push({ type: 'give-up', message: problem })
  for (const agentId of missing) {
    if (mayGoNow(m, agentId, 'agent did not reregister after the failover')) giveUpRecovered(m, agentId)
    yield
  }
}

function giveUpRecovered(m: Master, agentId: AgentId): void {
  // One that is returning will be there.
  if (!m.recoveredAgents.has(agentId) || m.transitions.has(agentId)) return
  m.transitions.set(agentId, 'unreachable')
  persist(m, moveToUnreachable(m, agentId, m.now), { change: 'recovered-agent-unreachable', agentId })
}

/** More missing than the operator thinks possible: then the fault is probably here. */
function recoveryProblem({ recoveredCount, config }: Master, missingCount: number): string | undefined {
  const share = recoveredCount === 0 ? 0 : missingCount / recoveredCount
  const limit = config.recoveryAgentRemovalLimit
  if (share <= limit) return undefined
  const percent = (part: number): string => `${Math.round(part * 1000) / 10}%`
  return (
    `${missingCount} of ${recoveredCount} agents (${percent(share)}) did not return after the failover, more ` +
    `than --recovery_agent_removal_limit=${percent(limit)}; look whether the agents reach this master`
  )
}
