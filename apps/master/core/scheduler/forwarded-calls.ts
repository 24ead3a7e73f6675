import type { scheduler } from '@thermosphere/protocol'
import { note, tellAgent } from '../emit.ts'
import { reconcileTask } from './reconcile.ts'
import type { Framework, Master } from '../model.ts'

/** A kill of an unknown task is a question about it. One for a disconnected agent is sent when that is back. */
export function onKill(m: Master, framework: Framework, kill: scheduler.Call_Kill): void {
  m.counters.add('master/messages_kill_task')
  const task = framework.tasks.get(kill.task_id.value)
  if (!task) {
    return reconcileTask(m, framework, { task_id: kill.task_id, ...(kill.agent_id && { agent_id: kill.agent_id }) })
  }
  if (kill.agent_id !== undefined && kill.agent_id.value !== task.agentId) {
    return note(m, 'task.kill.dropped', { frameworkId: framework.id, taskId: task.id, agentId: kill.agent_id.value })
  }
  const agent = m.agents.get(task.agentId)
  if (!agent) return
  task.killRequested = true
  if (!agent.connected) return
  const { task_id, kill_policy } = kill
  tellAgent(m, agent, {
    type: 'KILL_TASK',
    kill_task: { framework_id: { value: framework.id }, task_id, ...(kill_policy && { kill_policy }) },
  })
}

export function onShutdown(m: Master, framework: Framework, shutdown: scheduler.Call_Shutdown): void {
  const agent = m.agents.get(shutdown.agent_id.value)
  if (!agent?.connected) return
  const { executor_id } = shutdown
  tellAgent(m, agent, {
    type: 'SHUTDOWN_EXECUTOR',
    shutdown_executor: { framework_id: { value: framework.id }, executor_id },
  })
}

export function onMessage(m: Master, framework: Framework, message: scheduler.Call_Message): void {
  m.counters.add('master/messages_framework_to_executor')
  const agent = m.agents.get(message.agent_id.value)
  if (!agent?.connected) return m.counters.add('master/invalid_framework_to_executor_messages')
  m.counters.add('master/valid_framework_to_executor_messages')
  const { executor_id, data } = message
  tellAgent(m, agent, {
    type: 'FRAMEWORK_MESSAGE',
    framework_message: { framework_id: { value: framework.id }, executor_id, data },
  })
}
