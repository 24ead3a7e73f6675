import type { mesos } from '@thermosphere/protocol'
import { note, persistQuietly, respond, sendEvent, sendStatus, tellOperators } from '../emit.ts'
import { rescindInverseOffer, rescindOffers } from '../offers.ts'
import { removeAgent } from '../registry.ts'
import { sendOperation, timeInfo } from '../scheduler/reconcile.ts'
import { isTerminal, isTerminalOperation, partitionState } from '../states.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Rest } from '../steps/rest.ts'
import { applyStatus, masterStatus, releaseTasks, removeExecutor, removeTask, rewriteTask } from '../tasks.ts'
import { leaveAddress } from './addresses.ts'
import { recordOf, stopWatching } from './health.ts'
import { shutDown } from './link-messages.ts'
import type { Agent, AgentId, Framework, Master, RequestId } from '../model.ts'

/** How a task's framework hears that its agent is lost. */
type Loss = {
  readonly state: (framework: Framework) => mesos.TaskState
  readonly reason: (framework: Framework) => mesos.TaskStatus_Reason
  readonly message: string
  readonly extra?: Partial<mesos.TaskStatus>
}

/** The registry has it: the agent's tasks are told as unreachable and remembered, its offers are void. */
export function* onAgentUnreachable(m: Master, agentId: AgentId, message: string): Rest {
  m.transitions.delete(agentId)
  const agent = m.agents.get(agentId)
  if (!agent) return
  const extra = { unreachable_time: timeInfo(m.now) }
  const state = (framework: Framework) => partitionState(framework.capabilities, 'TASK_UNREACHABLE')
  endOperations(m, agent, 'OPERATION_UNREACHABLE', 'Agent was marked unreachable')
  yield* loseTasks(m, agent, { state, reason: () => 'REASON_AGENT_REMOVED', message, extra })
  const { link } = agent
  m.unreachableAgents.set(agentId, { ...recordOf(agent), at: m.now })
  leaveCluster(m, agent)
  // Hanging up makes a merely frozen agent register again when it wakes.
  if (link !== undefined) m.effects.push({ type: 'close-link', linkId: link })
  m.counters.add('master/slave_unreachable_completed')
  m.counters.add('master/slave_removals')
  m.counters.add('master/slave_removals/reason_unhealthy')
  tellLoss(m, agentId)
  note(m, 'agent.unreachable', { agentId, hostname: agent.info.hostname, reason: message })
}

export function onRecoveredAgentUnreachable(m: Master, agentId: AgentId): void {
  m.transitions.delete(agentId)
  const record = m.recoveredAgents.get(agentId)
  if (!record) return
  m.recoveredAgents.delete(agentId)
  m.unreachableAgents.set(agentId, { ...record, at: m.now })
  m.counters.add('master/recovery_slave_removals')
  tellLoss(m, agentId)
  note(m, 'agent.unreachable', {
    agentId,
    hostname: record.info.hostname,
    reason: 'did not return after a master failover',
  })
}

/** Every connected framework learns that an agent is lost. */
function tellLoss(m: Master, agentId: AgentId): void {
  const failure = { agent_id: { value: agentId } }
  for (const framework of m.frameworks.values()) sendEvent(m, framework, { type: 'FAILURE', failure })
}

function* loseTasks(m: Master, agent: Agent, loss: Loss): Rest {
  // What it does from now on nobody knows: without tasks in the books it is not idle.
  agent.connected = false
  yield* releaseAgent(m, agent)
  for (const task of [...agent.tasks.values()]) {
    yield
    const framework = m.frameworks.get(task.frameworkId)
    if (!framework) continue
    task.holdsResources = false
    if (!isTerminal(task.wire.state)) {
      const draft = {
        task_id: task.wire.task_id,
        agent_id: { value: agent.id },
        state: loss.state(framework),
        reason: loss.reason(framework),
        message: loss.message,
        ...loss.extra,
      }
      const status = masterStatus(m, draft)
      applyStatus(m, framework, agent, task, { status })
      sendStatus(m, framework, status)
    }
    removeTask(m, framework, agent, task)
  }
}

/** Nothing of it is in use any more. */
function* releaseAgent(m: Master, agent: Agent): Rest {
  for (const [frameworkId, executors] of [...agent.executors]) {
    const framework = m.frameworks.get(frameworkId)
    if (!framework) continue
    for (const executor of [...executors.values()]) {
      removeExecutor(m, framework, agent, executor)
      yield
    }
  }
  for (const frameworkId of [...agent.used.byKey.keys()]) {
    const framework = m.frameworks.get(frameworkId)
    if (framework) releaseTasks(m, framework, agent)
    yield
  }
}

/** Operations that someone waits for get a last word. */
function endOperations(m: Master, agent: Agent, state: mesos.OperationState, message: string): void {
  for (const operation of agent.operations.values()) {
    const framework = operation.frameworkId === undefined ? undefined : m.frameworks.get(operation.frameworkId)
    framework?.operations.delete(operation.uuid)
    if (!framework || !operation.info.id || isTerminalOperation(operation.latest.state)) continue
    sendOperation(m, framework, { operation_id: operation.info.id, state, message, agent_id: { value: agent.id } })
  }
  agent.operations.clear()
}

/** Takes an agent without tasks and executors out of the books. */
function leaveCluster(m: Master, agent: Agent): void {
  rescindOffers(m, agent.offers)
  for (const offer of [...agent.inverseOffers]) rescindInverseOffer(m, offer)
  stopWatching(m, agent)
  leaveAddress(m, agent)
  m.agents.delete(agent.id)
  m.inverseAnswers.delete(agent.id)
  m.allocator.removeAgent(agent.id)
  if (agent.link !== undefined) m.links.set(agent.link, { state: 'open', ip: agent.ip })
  agent.link = undefined
  agent.connected = false
}

/** The agent left for good without being lost: it unregistered, was replaced, or its machine went down. */
export function removeAgentNow(m: Master, agent: Agent, cause: string): void {
  persistQuietly(m, removeAgent(m, agent.id))
  leaveForRest(m, onAgentRemoved(m, agent.id, cause))
}

export function* onAgentRemoved(m: Master, agentId: AgentId, cause: string): Rest {
  const agent = m.agents.get(agentId)
  if (!agent) return
  const message = `Agent ${agent.info.hostname} removed: ${cause}`
  // Also for partition-aware frameworks: this is not a partition.
  yield* loseTasks(m, agent, { state: () => 'TASK_LOST', reason: () => 'REASON_AGENT_REMOVED', message })
  endOperations(m, agent, 'OPERATION_GONE_BY_OPERATOR', 'Agent was removed')
  leaveCluster(m, agent)
  m.counters.add('master/slave_removals')
  tellLoss(m, agentId)
  tellOperators(m, { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: agentId } } })
  note(m, 'agent.removed', { agentId, hostname: agent.info.hostname, reason: cause })
}

/** The registry has it: the agent and its tasks are gone by an operator's word. */
export function* onAgentGone(m: Master, agentId: AgentId, requestId: RequestId | undefined): Rest {
  const agent = m.agents.get(agentId)
  const message = 'Agent has been marked gone'
  m.transitions.delete(agentId)
  m.goneAgents.set(agentId, { at: m.now })
  m.recoveredAgents.delete(agentId)
  m.unreachableAgents.delete(agentId)
  if (agent) yield* takeAway(m, agent, message)
  else yield* loseUnreachableTasks(m, agentId, message)
  if (requestId !== undefined) respond(m, requestId, { status: 200 })
  tellLoss(m, agentId)
  note(m, 'agent.gone', { agentId })
}

const goneReason = (framework: Framework): mesos.TaskStatus_Reason =>
  framework.capabilities.has('PARTITION_AWARE') ? 'REASON_AGENT_REMOVED_BY_OPERATOR' : 'REASON_AGENT_REMOVED'

const goneState = (framework: Framework): mesos.TaskState =>
  partitionState(framework.capabilities, 'TASK_GONE_BY_OPERATOR')

function* takeAway(m: Master, agent: Agent, message: string): Rest {
  if (agent.link !== undefined) shutDown(m, agent.link, message)
  agent.drain = undefined
  endOperations(m, agent, 'OPERATION_GONE_BY_OPERATOR', message)
  yield* loseTasks(m, agent, { state: goneState, reason: goneReason, message })
  leaveCluster(m, agent)
  m.counters.add('master/slave_removals')
}

/** Tasks remembered as unreachable end with their agent. */
function* loseUnreachableTasks(m: Master, agentId: AgentId, message: string): Rest {
  for (const framework of m.frameworks.values()) {
    for (const task of [...framework.unreachableTasks.values()]) {
      if (task.agentId !== agentId) continue
      const { task_id, agent_id } = task.wire
      const status = masterStatus(m, {
        task_id,
        agent_id,
        state: goneState(framework),
        reason: goneReason(framework),
        message,
      })
      framework.unreachableTasks.delete(task.id)
      rewriteTask(framework, task, {
        ...task.wire,
        state: status.state,
        statuses: [...(task.wire.statuses ?? []), status],
      })
      framework.completedTasks.push(task)
      sendStatus(m, framework, status)
      yield
    }
  }
}
