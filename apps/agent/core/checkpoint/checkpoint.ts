import { toJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { checkpointedResources } from '../resources/resources.ts'
import type {
  CompletedExecutor,
  Executor,
  Framework,
  PendingOperation,
  PendingUpdate,
  Task,
  UpdateStream,
} from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * Keys and values of the agent's journal. Ids hold no `/`, so paths are unambiguous. What belongs to a framework is
 * written only if it asked for checkpointing; read-entries.ts is the reader.
 */
export const VERSION = 1

/** The id together with what it was registered with: a restart must not quietly come back as another machine. */
export function saveAgent(turn: Turn, agentId: string): void {
  const { hostname, port, resources, attributes, domain } = turn.state.config
  turn.put('agent', {
    v: VERSION,
    agent_id: agentId,
    hostname,
    port,
    resources: resources.map((resource) => toJsonObject('mesos.v1.Resource', resource)),
    attributes: attributes.map((attribute) => toJsonObject('mesos.v1.Attribute', attribute)),
    ...(domain === undefined ? {} : { domain: toJsonObject('mesos.v1.DomainInfo', domain) }),
  })
}

/** Under which run of the operating system the containers below were launched. */
export function saveBoot(turn: Turn): void {
  const { bootId } = turn.state
  if (bootId !== undefined) turn.put('boot', { v: VERSION, boot_id: bootId })
}

export function saveResources(turn: Turn): void {
  const resources = checkpointedResources(turn.state.total).map((resource) =>
    toJsonObject('mesos.v1.Resource', resource),
  )
  turn.put('resources', { v: VERSION, resources })
}

export function saveDrain(turn: Turn, config: mesos.DrainConfig): void {
  const startedAt = turn.state.drainStartedAt
  turn.put('drain', { v: VERSION, config: toJsonObject('mesos.v1.DrainConfig', config), started_at: startedAt })
}

export function forgetDrain(turn: Turn): void {
  turn.remove('drain')
}

export function saveFramework(turn: Turn, framework: Framework): void {
  if (!isCheckpointed(framework)) return
  turn.put(`framework/${framework.id}`, { v: VERSION, info: toJsonObject('mesos.v1.FrameworkInfo', framework.info) })
}

export function saveExecutor(turn: Turn, framework: Framework, executor: Executor): void {
  if (!isCheckpointed(framework)) return
  turn.put(`executor/${framework.id}/${executor.id}`, {
    v: VERSION,
    kind: executor.kind,
    info: toJsonObject('mesos.v1.ExecutorInfo', executor.info),
    container_id: executor.containerId,
    directory: executor.directory,
    created_at: executor.createdAt,
    registered: executor.phase.type !== 'registering',
    driver_pid: executor.driverPid,
  })
}

export function saveTask(turn: Turn, framework: Framework, task: Task): void {
  if (!isCheckpointed(framework)) return
  turn.put(`task/${framework.id}/${task.executorId}/${task.info.task_id.value}`, {
    v: VERSION,
    info: toJsonObject('mesos.v1.TaskInfo', task.info),
    group_id: task.groupId,
    container_id: task.containerId,
  })
}

/** A container that runs: with it a restarted agent finds the process again. */
export function saveContainer(
  turn: Turn,
  framework: Framework,
  container: {
    containerId: string
    executorId: string
    taskId: string | undefined
    pid: number
    ipAddress: string | undefined
    handle: unknown
  },
): void {
  if (!isCheckpointed(framework)) return
  turn.put(`container/${framework.id}/${container.executorId}/${container.containerId}`, {
    v: VERSION,
    task_id: container.taskId,
    pid: container.pid,
    ip_address: container.ipAddress,
    started_at: turn.now,
    handle: container.handle,
  })
}

export function saveKill(turn: Turn, framework: Framework, task: Task): void {
  if (!isCheckpointed(framework) || task.run?.type !== 'killing') return
  const { cause, since, graceMs } = task.run
  turn.put(`kill/${framework.id}/${task.executorId}/${task.info.task_id.value}`, {
    v: VERSION,
    cause,
    since,
    grace_ms: graceMs,
  })
}

type StreamPlace = { readonly framework: Framework; readonly stream: UpdateStream }

export function saveUpdate(turn: Turn, { framework, stream }: StreamPlace, update: PendingUpdate): void {
  turn.put(`update/${framework.id}/${stream.taskId}/${String(update.sequence).padStart(6, '0')}`, {
    v: VERSION,
    executor_id: stream.executorId,
    status: toJsonObject('mesos.v1.TaskStatus', update.status),
  })
}

/** Updates below `upTo` are acknowledged; they stay until the task is forgotten, to tell its history. */
export function saveAcknowledgement(turn: Turn, { framework, stream }: StreamPlace, upTo: number): void {
  if (!isCheckpointed(framework)) return
  turn.put(`ack/${framework.id}/${stream.taskId}`, { v: VERSION, up_to: upTo })
}

export function forgetStream(turn: Turn, framework: Framework, taskId: string): void {
  if (!isCheckpointed(framework)) return
  turn.removeBelow(`update/${framework.id}/${taskId}/`)
  turn.remove(`ack/${framework.id}/${taskId}`)
}

export function forgetTask(turn: Turn, framework: Framework, task: Task): void {
  if (!isCheckpointed(framework)) return
  const path = `${framework.id}/${task.executorId}/${task.info.task_id.value}`
  turn.remove(`task/${path}`)
  if (task.run !== undefined) turn.remove(`kill/${path}`)
}

export function forgetExecutor(turn: Turn, framework: Framework, executorId: string): void {
  if (!isCheckpointed(framework)) return
  turn.remove(`executor/${framework.id}/${executorId}`)
  turn.removeBelow(`container/${framework.id}/${executorId}/`)
}

/** Keeps the record of a finished executor, so that its sandbox stays reachable after a restart. */
export function saveCompleted(turn: Turn, framework: Framework, completed: CompletedExecutor): void {
  if (!isCheckpointed(framework)) return
  turn.put(`completed/${framework.id}/${completed.containerId}`, {
    v: VERSION,
    kind: completed.kind,
    info: toJsonObject('mesos.v1.ExecutorInfo', completed.info),
    directory: completed.directory,
    tasks: completed.completedTasks.map((task) => toJsonObject('mesos.v1.Task', task)),
  })
}

export function forgetCompleted(turn: Turn, framework: Framework, completed: CompletedExecutor): void {
  if (isCheckpointed(framework)) turn.remove(`completed/${framework.id}/${completed.containerId}`)
}

export function forgetFramework(turn: Turn, framework: { readonly id: string }): void {
  for (const area of ['executor', 'task', 'container', 'kill', 'update', 'ack', 'completed']) {
    turn.removeBelow(`${area}/${framework.id}/`)
  }
  turn.remove(`framework/${framework.id}`)
}

export function saveOperation(turn: Turn, uuid: string, operation: PendingOperation): void {
  turn.put(`operation/${uuid}`, {
    v: VERSION,
    framework_id: operation.frameworkId,
    operation: toJsonObject('mesos.v1.Offer.Operation', operation.operation),
    status: toJsonObject('mesos.v1.OperationStatus', operation.status),
  })
}

export function forgetOperation(turn: Turn, uuid: string): void {
  turn.remove(`operation/${uuid}`)
}

export function isCheckpointed(framework: { readonly info: mesos.FrameworkInfo }): boolean {
  return framework.info.checkpoint === true
}
