import type { agent, mesos } from '@thermosphere/protocol'
import { agentInfo } from '../registration.ts'
import type { AgentState, Executor, Framework, Task } from '../state.ts'
import { isTerminal } from '../tasks/task-states.ts'
import { taskRecord } from './task-record.ts'

/** Answers of the operator API that come from the core alone. */
export function getFrameworks(state: AgentState): agent.Response_GetFrameworks {
  return {
    frameworks: [...state.frameworks.values()].map(({ info }) => ({ framework_info: info })),
    completed_frameworks: state.completedFrameworks.map(({ info }) => ({ framework_info: info })),
  }
}

export function getExecutors(state: AgentState): agent.Response_GetExecutors {
  const completed = [...state.frameworks.values(), ...state.completedFrameworks]
  return {
    executors: live(state).map(({ executor }) => ({ executor_info: executor.info })),
    completed_executors: completed.flatMap((framework) =>
      framework.completedExecutors.map(({ info }) => ({ executor_info: info })),
    ),
  }
}

export function getTasks(state: AgentState): agent.Response_GetTasks {
  const executors = live(state)
  const records = (keep: (task: Task) => boolean): mesos.Task[] =>
    executors.flatMap(({ framework, executor }) =>
      [...executor.tasks.values()].filter(keep).map((task) => taskRecord(state, framework, executor, task)),
    )
  return {
    pending_tasks: [],
    queued_tasks: executors.flatMap(({ framework, executor }) =>
      executor.queued.flatMap(({ tasks }) => tasks.map((task) => taskRecord(state, framework, executor, task))),
    ),
    launched_tasks: records((task) => !isTerminal(task.state)),
    terminated_tasks: records((task) => isTerminal(task.state)),
    completed_tasks: completedTasks(state, executors),
  }
}

type Live = { readonly framework: Framework; readonly executor: Executor }

function live(state: AgentState): Live[] {
  return [...state.frameworks.values()].flatMap((framework) =>
    [...framework.executors.values()].map((executor) => ({ framework, executor })),
  )
}

function completedTasks(state: AgentState, executors: readonly Live[]): mesos.Task[] {
  const frameworks = [...state.frameworks.values(), ...state.completedFrameworks]
  return [
    ...executors.flatMap(({ executor }) => executor.completedTasks),
    ...frameworks.flatMap(({ completedExecutors }) => completedExecutors.flatMap((done) => [...done.completedTasks])),
  ]
}

export function getAgent(state: AgentState): agent.Response_GetAgent {
  const { drain, drainStartedAt } = state
  return {
    agent_info: agentInfo(state),
    ...(drain === undefined ? {} : { drain_config: drain }),
    ...(drainStartedAt === undefined
      ? {}
      : { estimated_drain_start_time: { nanoseconds: BigInt(Math.round(drainStartedAt)) * 1_000_000n } }),
  }
}

export function getOperations(state: AgentState): agent.Response_GetOperations {
  const operations = [...state.operations.values()].map((operation) => ({
    ...(operation.frameworkId === undefined ? {} : { framework_id: { value: operation.frameworkId } }),
    ...(state.agentId === undefined ? {} : { agent_id: { value: state.agentId } }),
    info: operation.operation,
    latest_status: operation.status,
    statuses: [operation.status],
    uuid: { value: operation.uuid },
  }))
  return operations.length === 0 ? {} : { operations }
}
