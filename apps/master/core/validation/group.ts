import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { commonExecutorProblem, isSameWire, sharingExecutorProblem } from './executor.ts'
import { resourcesText, togetherProblem } from './resources.ts'
import { commonTaskProblem } from './task.ts'
import type { Acceptance, Task } from '../model.ts'

type Refusal = string | undefined

/** Why a task cannot be part of a group. */
export function groupTaskProblem(acceptance: Acceptance, task: mesos.TaskInfo): Refusal {
  const problem = commonTaskProblem(acceptance, task) ?? checkNetworkProblem(task)
  if (problem !== undefined) return problem
  if (task.container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the task'
  return limitsProblem(task)
}

/** HTTP and TCP checks are run from the executor's network namespace. */
function checkNetworkProblem(task: mesos.TaskInfo): Refusal {
  if (!task.container?.network_infos?.length) return undefined
  const refusal = (what: string): string =>
    `HTTP and TCP ${what} are not supported for nested containers not joining parent's network`
  const needsNetwork = (type: string | undefined): boolean => type === 'HTTP' || type === 'TCP'
  if (needsNetwork(task.health_check?.type)) return refusal('health checks')
  return needsNetwork(task.check?.type) ? refusal('checks') : undefined
}

const sharesCgroups = (container: mesos.ContainerInfo | undefined): boolean =>
  container?.linux_info?.share_cgroups ?? true

function limitsProblem(task: mesos.TaskInfo): Refusal {
  const limited = Object.keys(task.limits ?? {}).length > 0
  return limited && sharesCgroups(task.container)
    ? "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
    : undefined
}

const cpusMilliMin = 10
const memMilliMin = 32_000

/** Why the executor of a group cannot be one. */
export function groupExecutorProblem(
  acceptance: Acceptance,
  info: mesos.ExecutorInfo,
  tasks: readonly mesos.TaskInfo[],
): Refusal {
  const common = commonExecutorProblem(acceptance, info)
  if (common !== undefined) return common
  if (info.type === undefined) return "'ExecutorInfo.type' must be set"
  if (info.type === 'UNKNOWN') return 'Unknown executor type'
  if (info.container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the executor'
  const other = tasks.find((task) => task.executor && !isSameWire(task.executor, info))
  const id = info.executor_id.value
  if (other) return `The \`ExecutorInfo\` of task '${other.task_id.value}' is different from executor '${id}'`
  return leastResourcesProblem(info) ?? groupResourcesProblem(info, tasks)
}

function leastResourcesProblem(info: mesos.ExecutorInfo): Refusal {
  const resources = Resources.fromWire(info.resources)
  const [cpus, mem] = [resources.scalar('cpus'), resources.scalar('mem')]
  const who = `Executor '${info.executor_id.value}'`
  if (cpus < cpusMilliMin)
    return `${who} uses less CPUs (${cpus === 0 ? 'None' : cpus / 1000}) than the minimum required (0.01)`
  if (mem < memMilliMin)
    return `${who} uses less memory (${mem === 0 ? 'None' : `${mem / 1000}MB`}) than the minimum required (32MB)`
  return resources.scalar('disk') === 0 ? `${who} uses no disk` : undefined
}

const overlapping = "There are overlapping resources in the task group's task resources"

function groupResourcesProblem(info: mesos.ExecutorInfo, tasks: readonly mesos.TaskInfo[]): Refusal {
  const ofTasks = tasks.map((task) => task.resources ?? [])
  const listed = ofTasks.map(resourcesText).join(', ')
  return togetherProblem({
    use: 'Task group and executor use',
    mix: 'Task group and executor mix',
    overlap: `${overlapping} { ${listed} } and/or executor resources ${resourcesText(info.resources)}`,
    all: [info.resources ?? [], ...ofTasks],
  })
}

const allTasks = 'all tasks in each task group and under a single executor'

/** Either all tasks of an executor have cgroups of their own, or none. */
export function groupCgroupsProblem(
  { framework, agent }: Acceptance,
  info: mesos.ExecutorInfo,
  tasks: readonly mesos.TaskInfo[],
): Refusal {
  const executor = sharingExecutorProblem(info)
  if (executor !== undefined) return executor
  const isUnder = (task: Task): boolean =>
    task.agentId === agent.id && task.wire.executor_id?.value === info.executor_id.value
  const running = framework.executors.get(agent.id)?.has(info.executor_id.value)
    ? [...framework.tasks.values(), ...framework.unreachableTasks.values()].filter(isUnder)
    : []
  const all = [...tasks.map(({ container }) => container), ...running.map(({ wire }) => wire.container)]
  return new Set(all.map(sharesCgroups)).size > 1
    ? `If set, the value of 'share_cgroups' must be the same for ${allTasks}`
    : undefined
}
