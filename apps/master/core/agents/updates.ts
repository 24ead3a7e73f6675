import type { agentLink, mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { note, sendEvent, sendStatus } from '../emit.ts'
import { assumeNothing, onOperationStatus, setTotal } from '../operations.ts'
import { rescindOffers } from '../offers.ts'
import { applyStatus, removeExecutor } from '../tasks.ts'
import { onPong } from './health.ts'
import { onRegister } from './register.ts'
import { removeAgentNow } from './removal.ts'
import { onReregister } from './reregister.ts'
import type { Agent, Framework, LinkId, Master } from '../model.ts'

/** Anything an agent says. Only its first message may come from a link without an agent. */
export function onLinkMessage(m: Master, linkId: LinkId, message: agentLink.AgentMessage): void {
  if (message.type === 'REGISTER' && message.register) return onRegister(m, linkId, message.register)
  if (message.type === 'REREGISTER' && message.reregister) return onReregister(m, linkId, message.reregister)
  if (message.type === 'AWAITING_REGISTRATION') return onAwaiting(m, linkId)
  const link = m.links.get(linkId)
  const agent = link?.state === 'joined' ? m.agents.get(link.agentId) : undefined
  if (!agent || agent.link !== linkId) return m.counters.add('master/dropped_messages')
  onAgentMessage(m, agent, message)
}

/** A registration that was heard is answered; of an agent that waits for one that was not, the link is of no use. */
function onAwaiting(m: Master, linkId: LinkId): void {
  if (m.links.get(linkId)?.state === 'open') m.effects.push({ type: 'close-link', linkId })
}

function onAgentMessage(m: Master, agent: Agent, message: agentLink.AgentMessage): void {
  switch (message.type) {
    case 'PONG':
      return onPong(m, agent)
    case 'STATUS_UPDATE':
      return message.status_update && onStatusUpdate(m, agent, message.status_update)
    case 'EXECUTOR_MESSAGE':
      return message.executor_message && onExecutorMessage(m, agent, message.executor_message)
    case 'EXECUTOR_EXITED':
      return message.executor_exited && onExecutorExited(m, agent, message.executor_exited)
    case 'OPERATION_STATUS':
      return message.operation_status && onOperationStatus(m, agent, message.operation_status)
    case 'UPDATE_AGENT':
      return message.update_agent && onUpdateAgent(m, agent, message.update_agent)
    case 'UNREGISTER':
      m.counters.add('master/messages_unregister_slave')
      m.counters.add('master/slave_removals/reason_unregistered')
      return removeAgentNow(m, agent, 'the agent unregistered')
    default:
      return m.counters.add('master/dropped_messages')
  }
}

/** Passed on as it is; the scheduler's acknowledgement goes back to the agent. */
function onStatusUpdate(m: Master, agent: Agent, update: agentLink.AgentMessage_StatusUpdate): void {
  m.counters.add('master/messages_status_update')
  const framework = m.frameworks.get(update.framework_id.value)
  if (!framework) return m.counters.add('master/invalid_status_updates')
  m.counters.add('master/valid_status_updates')
  const status = whileDraining(agent, framework, update.status)
  sendStatus(m, framework, status)
  const task = framework.tasks.get(status.task_id.value)
  if (!task || task.agentId !== agent.id) return
  const latestState = update.latest_state === undefined ? undefined : drained(agent, framework, update.latest_state)
  applyStatus(m, framework, agent, task, { status, latestState })
  note(m, 'task.updated', { frameworkId: framework.id, taskId: task.id, state: status.state, reason: status.reason })
}

/** What a draining agent kills was killed by the drain. */
function whileDraining(agent: Agent, framework: Framework, status: mesos.TaskStatus): mesos.TaskStatus {
  if (agent.drain?.state !== 'DRAINING') return status
  if (status.state !== 'TASK_KILLING' && status.state !== 'TASK_KILLED') return status
  return { ...status, state: drained(agent, framework, status.state), reason: 'REASON_AGENT_DRAINING' }
}

function drained(agent: Agent, framework: Framework, state: mesos.TaskState): mesos.TaskState {
  const gone = agent.drain?.state === 'DRAINING' && agent.drain.config.mark_gone === true
  return gone && state === 'TASK_KILLED' && framework.capabilities.has('PARTITION_AWARE')
    ? 'TASK_GONE_BY_OPERATOR'
    : state
}

function onExecutorMessage(m: Master, agent: Agent, message: agentLink.AgentMessage_ExecutorMessage): void {
  m.counters.add('master/messages_executor_to_framework')
  const framework = m.frameworks.get(message.framework_id.value)
  const valid = framework?.connection.state === 'connected'
  m.counters.add(`master/${valid ? 'valid' : 'invalid'}_executor_to_framework_messages`)
  if (!framework) return
  const { executor_id, data } = message
  sendEvent(m, framework, { type: 'MESSAGE', message: { agent_id: { value: agent.id }, executor_id, data } })
}

/** Custom and default executors only: a command executor's end is its task's. */
function onExecutorExited(m: Master, agent: Agent, exited: agentLink.AgentMessage_ExecutorExited): void {
  m.counters.add('master/messages_exited_executor')
  const framework = m.frameworks.get(exited.framework_id.value)
  const executor = framework?.executors.get(agent.id)?.get(exited.executor_id.value)
  if (!framework || !executor) return
  removeExecutor(m, framework, agent, executor)
  const failure = { agent_id: { value: agent.id }, executor_id: exited.executor_id, status: exited.status }
  sendEvent(m, framework, { type: 'FAILURE', failure })
}

/** The agent's total is what it says. Its revocable part changes often: other offers are left alone then. */
function onUpdateAgent(m: Master, agent: Agent, update: agentLink.AgentMessage_UpdateAgent): void {
  m.counters.add('master/messages_update_slave')
  const { total_resources: said, oversubscribed, resource_version_uuid: version } = update
  if (version) agent.resourceVersion = version
  if (said) assumeNothing(agent)
  const firm = said ? Resources.fromWire(said).nonRevocable() : agent.total.nonRevocable()
  const revocable = oversubscribed ? Resources.fromWire(oversubscribed.resources) : agent.total
  const total = firm.add(revocable.revocable())
  if (total.equals(agent.total)) return
  const stale = said ? agent.offers : [...agent.offers].filter(({ resources }) => !resources.revocable().isEmpty())
  rescindOffers(m, stale)
  setTotal(m, agent, total)
}
