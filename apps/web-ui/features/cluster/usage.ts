import type { Agent, Cluster, Task } from '../../api/live/cluster-state.ts'
import { isEnded } from '../../api/live/cluster-state.ts'
import type { Amounts } from '../../api/live/resources.ts'
import { minus, nothing, plus } from '../../api/live/resources.ts'
import type { Status } from '../../ui/status.ts'

/** What is used where, from the tasks themselves: it moves with the events, not with a poll. */
export type AgentUsage = { agent: Agent; used: Amounts; free: Amounts; tasks: Task[]; status: Status; word: string }
export type Usage = {
  agents: AgentUsage[]
  byId: ReadonlyMap<string, AgentUsage>
  total: Amounts
  used: Amounts
  offered: Amounts
  reserved: Amounts
}

let cached: { revision: number; tasks: Cluster['tasks']; usage: Usage } | undefined

export function usageOf(cluster: Cluster): Usage {
  if (cached?.revision === cluster.revision && cached.tasks === cluster.tasks) return cached.usage
  const usage = computeUsage(cluster)
  cached = { revision: cluster.revision, tasks: cluster.tasks, usage }
  return usage
}

function computeUsage(cluster: Cluster): Usage {
  const tasksOf = new Map<string, Task[]>()
  for (const task of cluster.tasks.values()) {
    if (isEnded(task.state)) continue
    const list = tasksOf.get(task.agentId)
    if (list === undefined) tasksOf.set(task.agentId, [task])
    else list.push(task)
  }
  const agents = [...cluster.agents.values()].map((agent) => usageOfAgent(agent, tasksOf.get(agent.id) ?? []))
  agents.sort((a, b) => a.agent.hostname.localeCompare(b.agent.hostname) || a.agent.id.localeCompare(b.agent.id))
  const active = agents.filter((one) => one.agent.active)
  const sum = (pick: (one: AgentUsage) => Amounts) => active.reduce((total, one) => plus(total, pick(one)), nothing)
  return {
    agents,
    byId: new Map(agents.map((one) => [one.agent.id, one])),
    total: sum((one) => one.agent.total),
    used: sum((one) => one.used),
    offered: sum((one) => one.agent.offered),
    reserved: sum((one) => one.agent.reserved),
  }
}

function usageOfAgent(agent: Agent, tasks: Task[]): AgentUsage {
  const used = tasks.reduce((total, task) => plus(total, task.resources), nothing)
  return { agent, used, free: minus(agent.total, used), tasks, ...agentWords(agent) }
}

function agentWords(agent: Agent): { status: Status; word: string } {
  if (!agent.active) return { status: 'failing', word: 'Unreachable' }
  if (agent.drain === 'DRAINING') return { status: 'working', word: 'Draining' }
  if (agent.drain === 'DRAINED') return { status: 'stopped', word: 'Drained' }
  if (agent.deactivated) return { status: 'stopped', word: 'Deactivated' }
  return { status: 'healthy', word: 'Active' }
}

/** The fullest of cpus and memory, 0 to 1: what decides whether more fits. */
export function loadOf(usage: AgentUsage): number {
  const ratio = (used: number, total: number) => (total <= 0 ? 0 : used / total)
  return Math.min(
    1,
    Math.max(ratio(usage.used.cpus, usage.agent.total.cpus), ratio(usage.used.mem, usage.agent.total.mem)),
  )
}
