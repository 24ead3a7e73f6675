import type { agent, mesos } from '@thermosphere/protocol'
import { seesExecutor, seesFramework, seesResource, seesTask } from '../access/access.ts'
import type { Access } from '../access/access.ts'
import { agentInfo } from '../registration.ts'
import type { AgentState, CompletedExecutor, Executor, Framework, Task } from '../state.ts'
import { isTerminal } from '../tasks/task-states.ts'
import { taskRecord } from './task-record.ts'

/** Answers of the operator API that come from the core alone; what the asker may not see is left out. */
export function getFrameworks(state: AgentState, access: Access): agent.Response_GetFrameworks {
  const { live, completed } = frameworksOf(state, access)
  return {
    frameworks: live.map(({ info }) => ({ framework_info: info })),
    completed_frameworks: completed.map(({ info }) => ({ framework_info: info })),
  }
}

export function getExecutors(state: AgentState, access: Access): agent.Response_GetExecutors {
  return {
    executors: liveExecutors(state, access).map(({ executor }) => ({ executor_info: executor.info })),
    completed_executors: completedExecutors(state, access).map(({ executor }) => ({ executor_info: executor.info })),
  }
}

export function getTasks(state: AgentState, access: Access): agent.Response_GetTasks {
  const executors = liveExecutors(state, access)
  const records = (tasksOf: (executor: Executor) => Task[]): mesos.Task[] =>
    executors.flatMap(({ framework, executor }) =>
      tasksOf(executor)
        .map((task) => taskRecord(state, framework, executor, task))
        .filter((task) => seesTask(access, framework, task)),
    )
  const launched = ({ tasks }: Executor): Task[] => [...tasks.values()]
  return {
    pending_tasks: [],
    queued_tasks: records(({ queued }) => queued.flatMap(({ tasks }) => [...tasks])),
    launched_tasks: records((executor) => launched(executor).filter((task) => !isTerminal(task.state))),
    terminated_tasks: records((executor) => launched(executor).filter((task) => isTerminal(task.state))),
    completed_tasks: [...executors, ...completedExecutors(state, access)].flatMap(({ framework, executor }) =>
      executor.completedTasks.filter((task) => seesTask(access, framework, task)),
    ),
  }
}

const frameworksOf = (state: AgentState, access: Access) => ({
  live: [...state.frameworks.values()].filter((framework) => seesFramework(access, framework)),
  completed: state.completedFrameworks.filter((framework) => seesFramework(access, framework)),
})

type Of<E> = { readonly framework: Pick<Framework, 'info'>; readonly executor: E }

function liveExecutors(state: AgentState, access: Access): (Of<Executor> & { readonly framework: Framework })[] {
  return frameworksOf(state, access).live.flatMap((framework) =>
    [...framework.executors.values()]
      .filter((executor) => seesExecutor(access, framework, executor))
      .map((executor) => ({ framework, executor })),
  )
}

function completedExecutors(state: AgentState, access: Access): Of<CompletedExecutor>[] {
  const { live, completed } = frameworksOf(state, access)
  return [...live, ...completed].flatMap((framework) =>
    framework.completedExecutors
      .filter((executor) => seesExecutor(access, framework, executor))
      .map((executor) => ({ framework, executor })),
  )
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

export function getOperations(state: AgentState, access: Access): agent.Response_GetOperations {
  const seen = [...state.operations.values()].filter(({ operation }) =>
    resourcesOf(operation).every((resource) => seesResource(access, resource)),
  )
  const operations = seen.map((operation) => ({
    ...(operation.frameworkId === undefined ? {} : { framework_id: { value: operation.frameworkId } }),
    ...(state.agentId === undefined ? {} : { agent_id: { value: state.agentId } }),
    info: operation.operation,
    latest_status: operation.status,
    statuses: [operation.status],
    uuid: { value: operation.uuid },
  }))
  return operations.length === 0 ? {} : { operations }
}

function resourcesOf(operation: mesos.Offer_Operation): mesos.Resource[] {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  const lists = [reserve?.source, reserve?.resources, unreserve?.resources, create?.volumes, destroy?.volumes]
  const resized = [grow?.volume, grow?.addition, shrink?.volume]
  return [...lists.flatMap((list) => list ?? []), ...resized.filter((resource) => resource !== undefined)]
}
