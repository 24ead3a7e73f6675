import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { launchRefusal } from '../access/approvals.ts'
import { note, sendStatus, tellAgent } from '../emit.ts'
import { withAllocation } from '../resource-format.ts'
import { addExecutor, addTask, countTerminal, masterStatus, newTaskWire } from '../tasks.ts'
import { taskProblem } from '../validation/task.ts'
import type { Acceptance, Framework, Master } from '../model.ts'

const idOnLaunch = 'The `id` field cannot be set on LAUNCH operations'

/** Starts each valid task; each invalid one is told so. */
export function launch(m: Master, acceptance: Acceptance, operation: mesos.Offer_Operation): void {
  const infos = operation.launch?.task_infos ?? []
  if (infos.length === 0) return
  m.counters.add('master/messages_launch_tasks')
  for (const info of infos) {
    const task = completed(info, acceptance)
    const unauthorized = launchRefusal(m, acceptance.framework, task)
    if (unauthorized !== undefined) {
      taskError(m, acceptance.framework, task, { reason: 'REASON_TASK_UNAUTHORIZED', message: unauthorized })
      continue
    }
    const problem = operation.id ? idOnLaunch : (taskProblem(m, acceptance, task) ?? fitProblem(acceptance, task))
    if (problem === undefined) start(m, acceptance, task)
    else taskError(m, acceptance.framework, task, { reason: 'REASON_TASK_INVALID', message: problem })
  }
}

export type Refusal = { readonly reason: mesos.TaskStatus_Reason; readonly message: string }

export function taskError(m: Master, framework: Framework, task: mesos.TaskInfo, refusal: Refusal): void {
  const status = masterStatus(m, { task_id: task.task_id, state: 'TASK_ERROR', ...refusal, agent_id: task.agent_id })
  countTerminal(m, framework, 'TASK_ERROR', status)
  sendStatus(m, framework, status)
  note(m, 'task.launch.refused', { frameworkId: framework.id, taskId: task.task_id.value, reason: refusal.message })
}

/** What the master fills in for the framework. */
export function completed(info: mesos.TaskInfo, { framework, role }: Acceptance): mesos.TaskInfo {
  const { executor } = info
  return {
    ...info,
    resources: withAllocation(info.resources, role),
    ...(executor && { executor: completedExecutor(executor, framework, role) }),
    ...(info.health_check && { health_check: typedHealthCheck(info.health_check) }),
  }
}

export function completedExecutor(
  executor: mesos.ExecutorInfo,
  framework: Framework,
  role: string,
): mesos.ExecutorInfo {
  return {
    ...executor,
    type: executor.type === undefined || executor.type === 'UNKNOWN' ? 'CUSTOM' : executor.type,
    framework_id: executor.framework_id ?? { value: framework.id },
    resources: withAllocation(executor.resources, role),
  }
}

/** Old frameworks leave the type to be seen from the member that is set. */
function typedHealthCheck(check: mesos.HealthCheck): mesos.HealthCheck {
  if (check.type !== undefined) return check
  const type = check.command ? 'COMMAND' : check.http ? 'HTTP' : check.tcp ? 'TCP' : undefined
  return type ? { ...check, type } : check
}

const isRunning = ({ framework, agent }: Acceptance, executor: mesos.ExecutorInfo): boolean =>
  framework.executors.get(agent.id)?.has(executor.executor_id.value) ?? false

/** A running executor's resources are not charged again. */
function demand(acceptance: Acceptance, task: mesos.TaskInfo): Resources {
  const own = Resources.fromWire(task.resources)
  const { executor } = task
  return executor && !isRunning(acceptance, executor) ? own.add(Resources.fromWire(executor.resources)) : own
}

function fitProblem(acceptance: Acceptance, task: mesos.TaskInfo): string | undefined {
  const wanted = demand(acceptance, task)
  if (acceptance.remaining.contains(wanted)) return undefined
  return `Total resources ${wanted.toString()} required by task and its executor is more than available ${acceptance.remaining.toString()}`
}

function start(m: Master, acceptance: Acceptance, task: mesos.TaskInfo): void {
  const { framework, agent } = acceptance
  const { executor } = task
  const launchExecutor = executor === undefined || !isRunning(acceptance, executor)
  acceptance.remaining = acceptance.remaining.subtract(demand(acceptance, task))
  if (executor && launchExecutor) addExecutor(m, framework, agent, executor)
  addTask(m, framework, agent, newTaskWire(task, framework.id))
  const run = {
    framework_info: framework.info,
    task,
    launch_executor: launchExecutor,
    ...(agent.resourceVersion && { resource_version_uuid: agent.resourceVersion }),
  }
  tellAgent(m, agent, { type: 'RUN_TASK', run_task: run })
  note(m, 'task.launched', { frameworkId: framework.id, agentId: agent.id, taskId: task.task_id.value })
}
