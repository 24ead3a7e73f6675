import type { mesos } from '@thermosphere/protocol'
import { isCheckpointed } from '../checkpoint/checkpoint.ts'
import type { LaunchPlan } from '../effects.ts'
import { executorEnvironment } from '../plans/environment.ts'
import { customLimits, planCommandTask, planCustomExecutor, planGroupExecutor, planGroupTask } from '../plans/plans.ts'
import type { AgentState, Executor, Framework, Task } from '../state.ts'
import { findOperatorContainer } from './operator-container.ts'
import type { Inheritance, OperatorContainer } from './operator-container.ts'

/** The container of an executor or of one of its tasks, by the id that operators and frameworks know it by. */
export type TaskContainer = {
  readonly framework: Framework
  readonly executor: Executor
  readonly task: Task | undefined
}

/** A container of this agent, whoever launched it. */
export type FoundContainer =
  | { readonly type: 'operator'; readonly container: OperatorContainer }
  | { readonly type: 'task'; readonly key: string; readonly place: TaskContainer }

export function findContainer(state: AgentState, id: mesos.ContainerID): FoundContainer | undefined {
  const place = findTaskContainer(state, id)
  if (place !== undefined) return { type: 'task', key: id.value, place }
  const container = findOperatorContainer(state, id)
  return container && { type: 'operator', container }
}

/** The executor in whose container it lives, however deep; none of a standalone one. Rules of access ask for it. */
export function executorOf(state: AgentState, id: mesos.ContainerID): TaskContainer | undefined {
  return findTaskContainer(state, id) ?? (id.parent === undefined ? undefined : executorOf(state, id.parent))
}

function findTaskContainer(state: AgentState, id: mesos.ContainerID): TaskContainer | undefined {
  const owner = state.containers.get(id.value)
  const framework = state.frameworks.get(owner?.frameworkId ?? '')
  const executor = framework?.executors.get(owner?.executorId ?? '')
  if (owner === undefined || framework === undefined || executor === undefined) return undefined
  const isNested = id.value !== executor.containerId
  const isKnownBy = isNested ? executor.containerId : undefined
  if (id.parent?.value !== isKnownBy || id.parent?.parent !== undefined) return undefined
  const task = executor.kind === 'command' ? [...executor.tasks.values()][0] : executor.tasks.get(owner.taskId ?? '')
  return { framework, executor, task }
}

/** Whether others can be launched in it, and what runs in it goes on. */
export function isAlive(state: AgentState, id: mesos.ContainerID): boolean {
  const found = findContainer(state, id)
  if (found === undefined) return false
  if (found.type === 'operator') return found.container.phase.type === 'running'
  const { executor, task } = found.place
  if (task !== undefined) return task.run?.type === 'running' || task.run?.type === 'killing'
  if (executor.kind === 'command' || executor.phase.type === 'terminated') return false
  return executor.kind === 'group' || executor.pid !== undefined
}

/** What a container below this one inherits; `undefined` of a Docker container, in which none can be. */
export function inheritanceOf(state: AgentState, found: FoundContainer): Inheritance | undefined {
  if (found.type === 'operator') return found.container.inheritance
  const { framework, executor } = found.place
  const plan = planOf(state, found.place)
  if (plan.docker !== undefined) return undefined
  const isPod = executor.kind === 'group' && found.place.task === undefined
  return {
    processKey: isPod ? undefined : found.key,
    environment: isPod ? executorEnvironment(state, { framework, executor }, { isDocker: false }) : plan.environment,
    user: plan.user,
    directory: plan.sandbox,
    rootDirectory: executor.directory,
    ...(isPod ? { podLimits: customLimits(executor) } : {}),
    isCheckpointed: isCheckpointed(framework),
  }
}

function planOf(state: AgentState, { framework, executor, task }: TaskContainer): LaunchPlan {
  if (executor.kind === 'custom') return planCustomExecutor(state, framework, executor)
  if (task === undefined) return planGroupExecutor(state, framework, executor)
  const place = { framework, executor, task }
  return executor.kind === 'command' ? planCommandTask(state, place) : planGroupTask(state, place)
}
