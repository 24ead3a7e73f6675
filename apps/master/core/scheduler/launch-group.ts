import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { groupLaunchRefusal } from '../access/approvals.ts'
import { note, tellAgent } from '../emit.ts'
import { addExecutor, addTask, newTaskWire } from '../tasks.ts'
import { groupCgroupsProblem, groupExecutorProblem, groupTaskProblem } from '../validation/group.ts'
import { completed, completedExecutor, taskError } from './launch.ts'
import type { Refusal } from './launch.ts'
import { withAllocation } from '../resource-format.ts'
import type { Acceptance, Master } from '../model.ts'

const idOnLaunch = 'The `id` field cannot be set on LAUNCH_GROUP operations'

/** Starts all tasks of a group under one executor, or none. */
export function launchGroup(m: Master, acceptance: Acceptance, operation: mesos.Offer_Operation): void {
  const group = operation.launch_group
  if (!group) return
  const executor = keepType(group.executor, completedExecutor(group.executor, acceptance.framework, acceptance.role))
  const tasks = (group.task_group.tasks ?? []).map((task) => completed(task, acceptance))
  const refuse = (refusal: Refusal): void => {
    for (const task of tasks) taskError(m, acceptance.framework, task, refusal)
  }
  const unauthorized = groupLaunchRefusal(m, acceptance.framework, { executor, tasks })
  if (unauthorized !== undefined) return refuse({ reason: 'REASON_TASK_GROUP_UNAUTHORIZED', message: unauthorized })
  const wanted = demand(acceptance, executor, tasks)
  const problem = operation.id ? idOnLaunch : groupProblem(acceptance, { executor, tasks }, wanted)
  if (problem === undefined) return start(m, acceptance, executor, tasks, wanted)
  refuse({ reason: 'REASON_TASK_GROUP_INVALID', message: problem })
}

/** Only LAUNCH infers CUSTOM; a group must say which executor it means. */
function keepType(asked: mesos.ExecutorInfo, filled: mesos.ExecutorInfo): mesos.ExecutorInfo {
  const { type: _type, ...rest } = filled
  return asked.type === undefined ? rest : { ...rest, type: asked.type }
}

const isRunning = ({ framework, agent }: Acceptance, executor: mesos.ExecutorInfo): boolean =>
  framework.executors.get(agent.id)?.has(executor.executor_id.value) ?? false

function demand(acceptance: Acceptance, executor: mesos.ExecutorInfo, tasks: readonly mesos.TaskInfo[]): Resources {
  let sum = isRunning(acceptance, executor) ? Resources.empty : Resources.fromWire(executor.resources)
  for (const task of tasks) sum = sum.add(Resources.fromWire(task.resources))
  return sum
}

type Group = { readonly executor: mesos.ExecutorInfo; readonly tasks: readonly mesos.TaskInfo[] }

/** In Mesos' order: which of several mistakes is told. */
function groupProblem(acceptance: Acceptance, { executor, tasks }: Group, wanted: Resources): string | undefined {
  if (tasks.length === 0) return 'Task group cannot be empty'
  const seen = new Set<string>()
  for (const task of tasks) {
    const id = task.task_id.value
    const problem = seen.has(id) ? `Task has duplicate ID: ${id}` : groupTaskProblem(acceptance, task)
    if (problem !== undefined) return `Task '${id}' is invalid: ${problem}`
    seen.add(id)
  }
  return (
    groupExecutorProblem(acceptance, executor, tasks) ??
    fitProblem(acceptance, wanted) ??
    groupCgroupsProblem(acceptance, executor, tasks)
  )
}

function fitProblem({ remaining }: Acceptance, wanted: Resources): string | undefined {
  if (remaining.contains(wanted)) return undefined
  return `Total resources ${wanted.toString()} required by task group and its executor are more than available ${remaining.toString()}`
}

function start(
  m: Master,
  acceptance: Acceptance,
  executor: mesos.ExecutorInfo,
  tasks: readonly mesos.TaskInfo[],
  wanted: Resources,
): void {
  const { framework, agent, role } = acceptance
  const launchExecutor = !isRunning(acceptance, executor)
  acceptance.remaining = acceptance.remaining.subtract(wanted)
  const allocated = { ...executor, resources: withAllocation(executor.resources, role) }
  if (launchExecutor) addExecutor(m, framework, agent, allocated)
  const injected = tasks.map((task) => ({ ...task, executor: allocated }))
  for (const task of injected) addTask(m, framework, agent, newTaskWire(task, framework.id, allocated))
  const run = {
    framework_info: framework.info,
    executor: allocated,
    task_group: { tasks: injected },
    launch_executor: launchExecutor,
    ...(agent.resourceVersion && { resource_version_uuid: agent.resourceVersion }),
  }
  tellAgent(m, agent, { type: 'RUN_TASK_GROUP', run_task_group: run })
  const taskIds = tasks.map((task) => task.task_id.value).join(' ')
  note(m, 'task-group.launched', { frameworkId: framework.id, agentId: agent.id, taskIds })
}
