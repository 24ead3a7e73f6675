import type { mesos } from '@thermosphere/protocol'
import type { AgentState, Executor, Framework, Task } from '../state.ts'

/** A task as mesos.v1.Task; command tasks show no executor. */
export function taskRecord(state: AgentState, framework: Framework, executor: Executor, task: Task): mesos.Task {
  const { info } = task
  const user = info.command?.user ?? executor.info.command?.user
  return {
    name: info.name,
    task_id: info.task_id,
    framework_id: { value: framework.id },
    ...(executor.kind === 'command' ? {} : { executor_id: { value: executor.id } }),
    agent_id: { value: state.agentId ?? info.agent_id.value },
    state: task.state,
    resources: info.resources,
    statuses: task.statuses,
    status_update_state: task.statusUpdateState,
    status_update_uuid: task.statusUpdateUuid,
    labels: info.labels,
    discovery: info.discovery,
    container: info.container,
    health_check: info.health_check,
    kill_policy: info.kill_policy,
    ...(user === undefined ? {} : { user }),
    limits: info.limits,
  }
}
