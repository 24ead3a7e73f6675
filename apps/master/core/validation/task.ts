import type { mesos } from '@thermosphere/protocol'
import { validateResources } from '@thermosphere/offer-engine'
import { checkProblem, healthCheckProblem } from './checks.ts'
import { commandProblem, containerProblem } from './command.ts'
import { idProblem } from './ids.ts'
import type { Acceptance } from '../scheduler/accept.ts'
import type { Master } from '../model.ts'

type Refusal = string | undefined
type Check = (acceptance: Acceptance, task: mesos.TaskInfo) => Refusal

const negative = (duration: mesos.DurationInfo | undefined): boolean =>
  duration !== undefined && Number(duration.nanoseconds) < 0

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
  negative(task.kill_policy?.grace_period) ? "Task's 'kill_policy.grace_period' must be non-negative" : undefined

const completionTime: Check = (_acceptance, task) =>
  negative(task.max_completion_time) ? "Task's `max_completion_time` must be non-negative" : undefined

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

/** What holds for the resources of tasks and executors alike. */
function resourceUseProblem(what: string, all: readonly mesos.Resource[]): Refusal {
  const gpus = all.find((resource) => resource.name === 'gpus')?.scalar?.value
  if (gpus !== undefined && !Number.isInteger(gpus))
    return `${what} uses invalid resources: The 'gpus' resource must be an unsigned integer`
  const ids = all.flatMap((resource) => resource.disk?.persistence?.id ?? [])
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  if (repeated !== undefined) return `${what} uses duplicate persistence ID ${repeated}`
  const roles = new Set(all.map((resource) => resource.allocation_info?.role))
  if (roles.size > 1)
    return `${what} uses invalid resources: The resources have multiple allocation roles (${[...roles].join(', ')}) but only one allocation role is allowed`
  return mixedRevocable(what, all)
}

function mixedRevocable(what: string, all: readonly mesos.Resource[]): Refusal {
  for (const name of new Set(all.map((resource) => resource.name))) {
    const kinds = new Set(
      all.filter((resource) => resource.name === name).map((resource) => resource.revocable !== undefined),
    )
    if (kinds.size > 1)
      return `${what} uses invalid resources: Cannot use both revocable and non-revocable '${name}' at the same time`
  }
  return undefined
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
  if (!able) return `Task has limits but agent ${agent.id} does not have the TASK_RESOURCE_LIMITS capability`
  if (names.some((name) => name !== 'cpus' && name !== 'mem'))
    return "Only cpus and mem may be included in a task's resource limits"
  for (const name of names) {
    const request = requested(task, name)
    if (request === 0) return `When ${name} limit is specified, ${name} request must also be specified`
    if ((task.limits?.[name]?.value ?? 0) < request) return `The ${name} limit is less than the ${name} request`
  }
  return undefined
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

const executor: Check = (acceptance, task) => task.executor && executorProblem(acceptance, task.executor)

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
  first([...common, commandOrExecutor, shareCgroups, executor], acceptance, task)

function executorProblem(acceptance: Acceptance, info: mesos.ExecutorInfo): Refusal {
  if (info.type !== 'CUSTOM') return "'ExecutorInfo.type' must be 'CUSTOM'"
  if (!info.command) return "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
  return commonExecutorProblem(acceptance, info)
}

/** What holds for custom and default executors alike. */
export function commonExecutorProblem({ framework, agent }: Acceptance, info: mesos.ExecutorInfo): Refusal {
  const id = idProblem(info.executor_id.value)
  if (id !== undefined) return id
  if (info.framework_id?.value !== framework.id) {
    return `ExecutorInfo has an invalid FrameworkID (Actual: ${info.framework_id?.value ?? ''} vs Expected: ${framework.id})`
  }
  if (negative(info.shutdown_grace_period)) return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
  const all = info.resources ?? []
  const invalid = validateResources(all) ?? resourceUseProblem('Executor', all)
  if (invalid !== undefined) return invalid
  if (all.some((resource) => resource.shared)) return 'ExecutorInfo must not use shared resources'
  const running = framework.executors.get(agent.id)?.get(info.executor_id.value)
  return running && !sameJson(running.info, info)
    ? `ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID: existing ${running.info.executor_id.value} differs`
    : undefined
}

/** Wire objects are equal when their members are, whatever the order in which they were set. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  const [left, right] = [defined(a), defined(b)]
  return (
    left.size === right.size && [...left].every(([key, value]) => right.has(key) && sameJson(value, right.get(key)))
  )
}

const defined = (value: object): Map<string, unknown> =>
  new Map(
    Object.entries(value).filter(
      ([, member]) => member !== undefined && !(Array.isArray(member) && member.length === 0),
    ),
  )
