import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { commonExecutorProblem, commonTaskProblem } from './task.ts'
import type { Acceptance } from '../scheduler/accept.ts'
import type { Master } from '../model.ts'

type Refusal = string | undefined

/** Why a task cannot be part of a group under this executor. */
export function groupTaskProblem(
  _m: Master,
  acceptance: Acceptance,
  executor: mesos.ExecutorInfo,
  task: mesos.TaskInfo,
): Refusal {
  const problem = commonTaskProblem(acceptance, task)
  if (problem !== undefined) return problem
  if (task.executor && task.executor.executor_id.value !== executor.executor_id.value) {
    return `The \`ExecutorInfo\` of task '${task.task_id.value}' is different from executor '${executor.executor_id.value}'`
  }
  if (task.container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the task'
  return checkNetworkProblem(task) ?? limitsProblem(task)
}

/** HTTP and TCP checks are run from the executor's network namespace. */
function checkNetworkProblem(task: mesos.TaskInfo): Refusal {
  if (!task.container?.network_infos?.length) return undefined
  const type = task.health_check?.type
  if (type === 'HTTP' || type === 'TCP')
    return `${type} health checks are not supported for nested containers not joining parent's network`
  const check = task.check?.type
  return check === 'HTTP' || check === 'TCP'
    ? `${check} checks are not supported for nested containers not joining parent's network`
    : undefined
}

function limitsProblem(task: mesos.TaskInfo): Refusal {
  const limited = Object.keys(task.limits ?? {}).length > 0
  const shares = task.container?.linux_info?.share_cgroups ?? true
  return limited && shares
    ? "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'"
    : undefined
}

const cpusMilliMin = 10
const memMilliMin = 32_000

/** Why the executor of a group cannot be one. */
export function groupExecutorProblem(acceptance: Acceptance, info: mesos.ExecutorInfo): Refusal {
  const typeProblem = executorTypeProblem(info)
  if (typeProblem !== undefined) return typeProblem
  const common = commonExecutorProblem(acceptance, info)
  if (common !== undefined) return common
  if (info.container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the executor'
  const resources = Resources.fromWire(info.resources)
  if (resources.scalar('cpus') < cpusMilliMin)
    return `Executor '${info.executor_id.value}' uses less CPUs (${resources.scalar('cpus') / 1000}) than the minimum required (0.01)`
  if (resources.scalar('mem') < memMilliMin)
    return `Executor '${info.executor_id.value}' uses less memory (${resources.scalar('mem') / 1000}MB) than the minimum required (32MB)`
  return resources.scalar('disk') === 0 ? `Executor '${info.executor_id.value}' uses no disk` : undefined
}

function executorTypeProblem(info: mesos.ExecutorInfo): Refusal {
  if (info.type === undefined || info.type === 'UNKNOWN') return "'ExecutorInfo.type' must be set"
  if (info.type === 'CUSTOM')
    return info.command ? undefined : "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
  if (info.command) return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
  if (!info.container) return undefined
  if (info.container.type !== 'MESOS') return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
  return info.container.mesos?.image
    ? "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
    : undefined
}
