import type { mesos } from '@thermosphere/protocol'
import { validateResources } from '@thermosphere/offer-engine'
import { checkProblem, healthCheckProblem, isNegative } from './checks.ts'
import { commandProblem, containerProblem } from './command.ts'
import { commonExecutorProblem, sharingExecutorProblem } from './executor.ts'
import { idProblem } from './ids.ts'
import { resourcesText, resourceUseProblem, togetherProblem } from './resources.ts'
import type { Acceptance, Master } from '../model.ts'

type Refusal = string | undefined
type Check = (acceptance: Acceptance, task: mesos.TaskInfo) => Refusal

const uniqueId: Check = ({ framework }, task) => {
  const id = task.task_id.value
  if (framework.tasks.has(id)) return `Task has duplicate ID: ${id}`
  return framework.unreachableTasks.has(id) ? `Task reuses the ID of an unreachable task: ${id}` : undefined
}

const expectedAgent: Check = ({ agent }, task) =>
  task.agent_id.value === agent.id
    ? undefined
    : `Task uses invalid agent ${task.agent_id.value} while agent ${agent.id} is expected`

const killPolicy: Check = (_acceptance, task) =>
  isNegative(task.kill_policy?.grace_period) ? "Task's 'kill_policy.grace_period' must be non-negative" : undefined

const completionTime: Check = (_acceptance, task) =>
  isNegative(task.max_completion_time) ? "Task's `max_completion_time` must be non-negative" : undefined

const checks: Check = (_acceptance, task) => {
  const check = task.check && checkProblem(task.check)
  if (check !== undefined) return `Task uses invalid check: ${check}`
  const health = task.health_check && healthCheckProblem(task.health_check)
  return health && `Task uses invalid health check: ${health}`
}

const resources: Check = (_acceptance, task) => {
  const all = task.resources ?? []
  if (all.length === 0) return 'Task uses no resources'
  return validateResources(all) ?? resourceUseProblem('Task', all)
}

const command: Check = (_acceptance, task) => {
  const problem = task.command && commandProblem(task.command)
  return problem && `Task's \`CommandInfo\` is invalid: ${problem}`
}

const container: Check = (_acceptance, task) => {
  const problem = task.container && containerProblem(task.container)
  return problem && `Task's \`ContainerInfo\` is invalid: ${problem}`
}

const limits: Check = ({ agent }, task) => {
  const names = Object.keys(task.limits ?? {})
  if (names.length === 0) return undefined
  const able = agent.capabilities.some((capability) => capability.type === 'TASK_RESOURCE_LIMITS')
  if (!able) return 'Agent is not capable of handling task resource limits'
  if (names.some((name) => name !== 'cpus' && name !== 'mem'))
    return "Only cpus and mem may be included in a task's resource limits"
  return limitProblem(task, 'cpus', ['CPU', 'cpu']) ?? limitProblem(task, 'mem', ['memory', 'memory'])
}

function limitProblem(task: mesos.TaskInfo, name: string, [kind, noun]: readonly [string, string]): Refusal {
  const limit = task.limits?.[name]
  if (!limit) return undefined
  const request = requested(task, name)
  if (request === 0) return `When a ${kind} limit is specified, a ${kind} request must also be specified`
  return limit.value < request ? `The ${noun} limit must be greater than or equal to the ${noun} request` : undefined
}

const requested = (task: mesos.TaskInfo, name: string): number =>
  (task.resources ?? [])
    .filter((resource) => resource.name === name)
    .reduce((sum, resource) => sum + (resource.scalar?.value ?? 0), 0)

/** In Mesos' order: which of several mistakes is told. */
const common: readonly Check[] = [
  (_acceptance, task) => idProblem(task.task_id.value),
  uniqueId,
  expectedAgent,
  killPolicy,
  completionTime,
  checks,
  resources,
  command,
  container,
  limits,
]

const commandOrExecutor: Check = (_acceptance, task) =>
  (task.executor === undefined) === (task.command === undefined)
    ? 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present'
    : undefined

const shareCgroups: Check = (_acceptance, task) =>
  task.container?.linux_info?.share_cgroups === false
    ? "Only tasks in a task group may have 'share_cgroups' set to 'false'"
    : undefined

const executor: Check = (acceptance, task) => task.executor && executorProblem(acceptance, task.executor, task)

function first(list: readonly Check[], acceptance: Acceptance, task: mesos.TaskInfo): Refusal {
  for (const check of list) {
    const problem = check(acceptance, task)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What holds for every task, in a group or not. */
export const commonTaskProblem = (acceptance: Acceptance, task: mesos.TaskInfo): Refusal =>
  first(common, acceptance, task)

/** Why a task of LAUNCH cannot be started; the text goes into its TASK_ERROR. */
export const taskProblem = (_m: Master, acceptance: Acceptance, task: mesos.TaskInfo): Refusal =>
  first([...common, commandOrExecutor, executor, shareCgroups], acceptance, task)

const overlapping = 'There are overlapping resources in the task resources'

function executorProblem(acceptance: Acceptance, info: mesos.ExecutorInfo, task: mesos.TaskInfo): Refusal {
  const common = commonExecutorProblem(acceptance, info)
  if (common !== undefined) return common
  if (info.type !== 'CUSTOM') return "'ExecutorInfo.type' must be 'CUSTOM'"
  const own = resourcesText(info.resources)
  if (info.resources?.some((resource) => resource.shared))
    return `Executor resources ${own} should not contain any shared resources`
  return (
    sharingExecutorProblem(info) ??
    togetherProblem({
      use: 'Task and its executor use',
      mix: 'Task and its executor mix',
      overlap: `${overlapping} ${resourcesText(task.resources)} and executor resources ${own}`,
      all: [task.resources ?? [], info.resources ?? []],
    })
  )
}
