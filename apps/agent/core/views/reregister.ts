import type { agentLink, mesos } from '@thermosphere/protocol'
import type { AgentState, Executor, Framework } from '../state.ts'
import { taskRecord } from './task-record.ts'

/** Everything that a master needs to know again. */
export function reregisterMessage(
  state: AgentState,
): Pick<
  agentLink.AgentMessage_Reregister,
  'frameworks' | 'tasks' | 'executors' | 'completed_frameworks' | 'operations' | 'drain_config'
> {
  const live = [...state.frameworks.values()].filter((framework) => !framework.terminating)
  const executors = live.flatMap((framework) =>
    [...framework.executors.values()].map((executor) => ({ framework, executor })),
  )
  return {
    frameworks: live.map((framework) => framework.info),
    tasks: executors.flatMap(({ framework, executor }) => executorTasks(state, framework, executor)),
    executors: executors
      .filter(({ executor }) => executor.kind !== 'command' && executor.phase.type !== 'terminated')
      .map(({ framework, executor }) => ({ framework_id: { value: framework.id }, executor_info: executor.info })),
    completed_frameworks: completedFrameworks(state, live),
    ...(state.drain === undefined ? {} : { drain_config: state.drain }),
    operations: [...state.operations.values()].map((operation) => ({
      ...(operation.frameworkId === undefined ? {} : { framework_id: { value: operation.frameworkId } }),
      info: operation.operation,
      latest_status: operation.status,
      statuses: [operation.status],
      uuid: { value: operation.uuid },
    })),
  }
}

function executorTasks(state: AgentState, framework: Framework, executor: Executor): agentLink.AgentTask[] {
  const tasks = [...executor.tasks.values(), ...executor.queued.flatMap((queued) => queued.tasks)]
  return tasks.map((task) => {
    const head = framework.streams.get(task.info.task_id.value)?.pending[0]?.status
    return {
      framework_id: { value: framework.id },
      ...(executor.kind === 'command' ? {} : { executor_id: { value: executor.id } }),
      task_info: task.info,
      task: taskRecord(state, framework, executor, task),
      latest_state: task.state,
      status_update_state: head?.state ?? task.statusUpdateState,
      status_update_uuid: head?.uuid ?? task.statusUpdateUuid,
    }
  })
}

function completedFrameworks(
  state: AgentState,
  live: readonly Framework[],
): agentLink.AgentMessage_CompletedFramework[] {
  const all = [...live, ...state.completedFrameworks]
  return all.map((framework): { framework_info: mesos.FrameworkInfo; tasks: mesos.Task[] } => ({
    framework_info: framework.info,
    tasks: framework.completedExecutors.flatMap((executor) => [...executor.completedTasks]),
  }))
}
