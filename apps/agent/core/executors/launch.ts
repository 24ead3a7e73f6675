import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { groupRefusal, taskRefusal } from '@thermosphere/protocol/acls'
import { saveExecutor, saveFramework, saveTask } from '../checkpoint/checkpoint.ts'
import { deliverQueued, registrationTimerKey } from './custom-executors.ts'
import { openFramework } from './frameworks.ts'
import {
  commandExecutorInfo,
  planCommandTask,
  planCustomExecutor,
  planGroupExecutor,
  planGroupTask,
  sandboxOf,
} from '../plans/plans.ts'
import { isCheckpointed, isCurrent } from '../resources/resources.ts'
import type { AgentState, Executor, ExecutorKind, Framework, Task, TaskPlace } from '../state.ts'
import { reportUnknownTask } from '../tasks/statuses.ts'
import type { StatusChange } from '../tasks/statuses.ts'
import { droppedState } from '../tasks/task-states.ts'
import { sendExecutorExited, UNKNOWN_STATUS } from '../tasks/task-end.ts'
import type { Turn } from '../turn.ts'

/** RUN_TASK and RUN_TASK_GROUP: what is wrong is reported, the rest is written down and then launched. */
export function runTask(turn: Turn, message: agentLink.MasterMessage_RunTask): void {
  const framework = openFramework(turn, message.framework_info)
  if (framework === undefined) return
  const isCommand = message.task.executor === undefined
  const info = message.task.executor ?? commandExecutorInfo(framework, message.task)
  const request: LaunchRequest = {
    framework,
    info: { ...info, framework_id: { value: framework.id } },
    kind: isCommand ? 'command' : executorKind(info),
    tasks: [message.task],
    isGroup: false,
    wantsNewExecutor: message.launch_executor,
    resourceVersion: message.resource_version_uuid,
  }
  launch(turn, request)
}

export function runTaskGroup(turn: Turn, message: agentLink.MasterMessage_RunTaskGroup): void {
  const framework = openFramework(turn, message.framework_info)
  if (framework === undefined) return
  launch(turn, {
    framework,
    info: { ...message.executor, framework_id: { value: framework.id } },
    kind: executorKind(message.executor),
    tasks: message.task_group.tasks ?? [],
    isGroup: true,
    wantsNewExecutor: message.launch_executor,
    resourceVersion: message.resource_version_uuid,
  })
}

function executorKind(info: mesos.ExecutorInfo): ExecutorKind {
  return info.type === 'DEFAULT' ? 'group' : 'custom'
}

type LaunchRequest = {
  readonly framework: Framework
  readonly info: mesos.ExecutorInfo
  readonly kind: ExecutorKind
  readonly tasks: readonly mesos.TaskInfo[]
  readonly isGroup: boolean
  readonly wantsNewExecutor: boolean | undefined
  readonly resourceVersion: mesos.UUID | undefined
}

function launch(turn: Turn, request: LaunchRequest): void {
  const { framework, info } = request
  const existing = framework.executors.get(info.executor_id.value)
  const refusal = refuse(turn.state, request, existing)
  if (refusal !== undefined) {
    for (const task of request.tasks) {
      const ids = { taskId: task.task_id.value, executorId: info.executor_id.value }
      reportUnknownTask(turn, framework, { ids, change: refusal })
    }
    if (request.wantsNewExecutor === true && request.kind !== 'command') tellNotLaunched(turn, request, existing)
    return
  }
  const executor = existing ?? createExecutor(turn, request)
  const tasks = addTasks(turn, request, executor)
  if (request.kind === 'command') for (const task of tasks) startCommandTask(turn, { framework, executor, task })
  else if (request.kind === 'group') startGroup(turn, { framework, executor, tasks, isNew: existing === undefined })
  else startCustom(turn, { framework, executor, tasks, isNew: existing === undefined, isGroup: request.isGroup })
}

/** The master counts the executor that it had launched: unless another one of that id ends later, nobody else tells. */
function tellNotLaunched(turn: Turn, { framework, info }: LaunchRequest, existing: Executor | undefined): void {
  if (existing !== undefined && existing.phase.type !== 'terminated') return
  sendExecutorExited(turn, { frameworkId: framework.id, id: info.executor_id.value }, UNKNOWN_STATUS)
}

function refuse(state: AgentState, request: LaunchRequest, existing: Executor | undefined): StatusChange | undefined {
  const dropped = droppedState(request.framework)
  const because: Because = (reason, message) => ({ state: dropped, reason, message })
  if (state.drain !== undefined) {
    return because('REASON_AGENT_DRAINING', 'Task was received while agent was already draining')
  }
  const unauthorized = accessRefusal(state, request)
  if (unauthorized !== undefined) return unauthorized
  const limited = state.config.enforcesLimits ? undefined : request.tasks.find(hasProcessLimits)
  if (limited !== undefined) {
    const names = Object.keys(limited.limits ?? {}).join(', ')
    return because(
      'REASON_GC_ERROR',
      `Task ${limited.task_id.value} has limits (${names}) that this agent's isolation cannot enforce`,
    )
  }
  if (!isCurrent(state, request.resourceVersion)) {
    return because('REASON_INVALID_OFFERS', 'Task assumes outdated resource state')
  }
  if (!holdsCheckpointed(state, request)) {
    return because(
      'REASON_RESOURCES_UNKNOWN',
      'The checkpointed resources being used by the task or task group are unknown to the agent',
    )
  }
  return executorRefusal(request, existing, because)
}

type Because = (reason: mesos.TaskStatus_Reason, message: string) => StatusChange

/** The executor is not what the master takes it for. */
function executorRefusal(
  request: LaunchRequest,
  existing: Executor | undefined,
  because: Because,
): StatusChange | undefined {
  const phase = existing?.phase.type
  if (request.kind === 'command' && existing !== undefined) {
    return because('REASON_TASK_INVALID', 'Cannot reuse an already existing executor for a command task')
  }
  if (phase === 'terminating') return because('REASON_EXECUTOR_TERMINATED', 'Executor terminating')
  if (phase === 'terminated') return because('REASON_EXECUTOR_TERMINATED', 'Executor terminated')
  if (request.wantsNewExecutor === true && existing !== undefined && request.kind !== 'command') {
    return because('REASON_EXECUTOR_TERMINATED', 'Master wants to launch executor, but one already exists')
  }
  if (request.wantsNewExecutor === false && existing === undefined && request.kind !== 'command') {
    return because('REASON_EXECUTOR_TERMINATED', 'No executor is expected to launch and there is none running')
  }
  return undefined
}

/** The master has asked its own rules already: the machine's owner may have others. */
function accessRefusal(
  state: AgentState,
  { framework, info, tasks, isGroup }: LaunchRequest,
): StatusChange | undefined {
  const asked = { acls: state.config.acls, framework: framework.info }
  const message = isGroup
    ? groupRefusal(asked, { executor: info, tasks })
    : tasks.map((task) => taskRefusal(asked, task)).find((refusal) => refusal !== undefined)
  const reason = isGroup ? 'REASON_TASK_GROUP_UNAUTHORIZED' : 'REASON_TASK_UNAUTHORIZED'
  return message === undefined ? undefined : { state: 'TASK_ERROR', reason, message }
}

/** The Docker engine holds its containers to limits of its own accord. */
function hasProcessLimits({ limits, container }: mesos.TaskInfo): boolean {
  return container?.type !== 'DOCKER' && Object.keys(limits ?? {}).length > 0
}

/** Dynamic reservations and volumes must be known here: an operation that did not arrive makes them unknown. */
function holdsCheckpointed(state: AgentState, request: LaunchRequest): boolean {
  const all = [...(request.info.resources ?? []), ...request.tasks.flatMap((task) => task.resources ?? [])]
  const needed = all.filter(isCheckpointed)
  if (needed.length === 0) return true
  return state.total.contains(Resources.fromWire(needed).unallocated())
}

function createExecutor(turn: Turn, request: LaunchRequest): Executor {
  const { framework, info, kind } = request
  const containerId = turn.state.random.uuid()
  const id = info.executor_id.value
  const executor: Executor = {
    id,
    frameworkId: framework.id,
    info,
    kind,
    containerId,
    directory: sandboxOf(turn.state, { frameworkId: framework.id, executorId: id, containerId }),
    createdAt: turn.now,
    phase: kind === 'group' ? { type: 'running' } : { type: 'registering', since: turn.now },
    tasks: new Map(),
    queued: [],
    completedTasks: [],
    pid: undefined,
    connectionId: undefined,
    driverPid: undefined,
    hasReceivedTask: false,
    recovering: false,
  }
  framework.executors.set(id, executor)
  turn.state.containers.set(containerId, { frameworkId: framework.id, executorId: id, taskId: undefined })
  saveFramework(turn, framework)
  saveExecutor(turn, framework, executor)
  return executor
}

function addTasks(turn: Turn, request: LaunchRequest, executor: Executor): Task[] {
  const groupId = request.isGroup ? turn.state.random.uuid() : undefined
  return request.tasks.map((info) => {
    const containerId = taskContainerId(turn, request.kind, executor)
    const task = createTask(request.framework, executor, { info, groupId, containerId })
    saveTask(turn, request.framework, task)
    return task
  })
}

function taskContainerId(turn: Turn, kind: ExecutorKind, executor: Executor): string | undefined {
  if (kind === 'command') return executor.containerId
  return kind === 'group' ? turn.state.random.uuid() : undefined
}

export function createTask(
  framework: Framework,
  executor: Executor,
  parts: {
    readonly info: mesos.TaskInfo
    readonly groupId: string | undefined
    readonly containerId: string | undefined
  },
): Task {
  return {
    ...parts,
    frameworkId: framework.id,
    executorId: executor.id,
    run: parts.containerId === undefined ? undefined : { type: 'launching', cancelled: undefined },
    state: 'TASK_STAGING',
    statuses: [],
    statusUpdateState: undefined,
    statusUpdateUuid: undefined,
    pid: undefined,
    ipAddress: undefined,
    checkers: [],
    acknowledged: false,
  }
}

function own(turn: Turn, task: Task): void {
  if (task.containerId === undefined) return
  turn.state.containers.set(task.containerId, {
    frameworkId: task.frameworkId,
    executorId: task.executorId,
    taskId: task.info.task_id.value,
  })
}

function startCommandTask(turn: Turn, { framework, executor, task }: TaskPlace): void {
  executor.tasks.set(task.info.task_id.value, task)
  executor.hasReceivedTask = true
  own(turn, task)
  turn.durable({ type: 'launch', plan: planCommandTask(turn.state, { framework, executor, task }) })
}

type Start = {
  readonly framework: Framework
  readonly executor: Executor
  readonly tasks: readonly Task[]
  readonly isNew: boolean
}

function startGroup(turn: Turn, { framework, executor, tasks, isNew }: Start): void {
  if (isNew) turn.durable({ type: 'make-sandbox', plan: planGroupExecutor(turn.state, framework, executor) })
  executor.hasReceivedTask = true
  for (const task of tasks) {
    executor.tasks.set(task.info.task_id.value, task)
    own(turn, task)
    turn.durable({ type: 'launch', plan: planGroupTask(turn.state, { framework, executor, task }) })
  }
}

function startCustom(turn: Turn, start: Start & { readonly isGroup: boolean }): void {
  const { framework, executor, tasks, isNew, isGroup } = start
  executor.queued.push({ tasks, isGroup })
  if (isNew) {
    turn.durable({ type: 'launch', plan: planCustomExecutor(turn.state, framework, executor) })
    const { executorRegistrationTimeoutMs } = turn.state.config
    turn.timer(registrationTimerKey(executor), turn.now + executorRegistrationTimeoutMs)
  } else if (executor.phase.type === 'running') {
    deliverQueued(turn, framework, executor)
  }
}
