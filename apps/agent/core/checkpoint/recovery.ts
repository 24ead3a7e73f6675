import type { Random } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import { fromJsonObject } from '@thermosphere/protocol'
import { startCheckers } from '../tasks/checkers.ts'
import { completeFrameworkIfIdle } from '../executors/completion.ts'
import { onCustomEnded, onReregistrationTimer } from '../executors/custom-executors.ts'
import { drainAgent } from '../drain.ts'
import { hex } from '../ids.ts'
import type { RecoveredContainer } from '../inputs.ts'
import { killTimerKey } from '../tasks/kills.ts'
import { createTask } from '../executors/launch.ts'
import { restoreResources } from '../resources/resources.ts'
import { armMaxCompletion } from '../tasks/runs.ts'
import { configurationProblem } from './configuration.ts'
import { createState } from '../create-state.ts'
import { StoredEntries, storedTaskInfo, storedWire } from './stored.ts'
import type { AgentConfig, AgentState, Executor, ExecutorPlace, Framework, TaskPlace, UpdateStream } from '../state.ts'
import { applyStatus } from '../tasks/statuses.ts'
import { endExecutorIfIdle, endTask } from '../tasks/task-end.ts'
import { goneState, isTerminal } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'

/** What the containerizers must look for before the agent goes on. */
export type ContainerToRecover = { readonly containerId: string; readonly handle: unknown }

export type Recovery =
  | { readonly type: 'recovered'; readonly state: AgentState; readonly containers: readonly ContainerToRecover[] }
  | { readonly type: 'incompatible'; readonly message: string }

type Surroundings = { readonly config: AgentConfig; readonly random: Random; readonly now: number }

/** The state as the journal has it. Throws CheckpointInvalid. */
export function recoverState(surroundings: Surroundings, raw: ReadonlyMap<string, string>): Recovery {
  const entries = new StoredEntries(raw)
  const resources = entries.get('resources', 'resources')?.resources ?? []
  const checkpointed = resources.map((value) =>
    storedWire('resources', () => fromJsonObject('mesos.v1.Resource', value)),
  )
  const total = restoreResources(Resources.fromWire([...surroundings.config.resources]), checkpointed)
  if (typeof total === 'string') return { type: 'incompatible', message: total }
  const problem = configurationProblem(surroundings.config, entries)
  if (problem !== undefined) return { type: 'incompatible', message: problem }
  const state = createState(surroundings, total)
  state.agentId = entries.get('agent', 'agent')?.agent_id
  const drain = entries.get('drain', 'drain')?.config
  if (drain !== undefined) state.drain = storedWire('drain', () => fromJsonObject('mesos.v1.DrainConfig', drain))
  readFrameworks(state, entries)
  readExecutors(state, entries)
  readTasks(state, entries)
  const containers = readContainers(state, entries)
  readUpdates(state, entries)
  readCompleted(state, entries)
  readOperations(state, entries)
  for (const framework of state.frameworks.values()) settleHistory(framework)
  return { type: 'recovered', state, containers }
}

function readFrameworks(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('framework')) {
    const id = path[0] ?? ''
    const info = storedWire(key, () => fromJsonObject('mesos.v1.FrameworkInfo', value.info))
    state.frameworks.set(id, {
      id,
      info,
      terminating: false,
      executors: new Map(),
      streams: new Map(),
      completedExecutors: [],
    })
  }
}

function readExecutors(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('executor')) {
    const [frameworkId = '', id = ''] = path
    const executor: Executor = {
      id,
      frameworkId,
      info: storedWire(key, () => fromJsonObject('mesos.v1.ExecutorInfo', value.info)),
      kind: value.kind,
      containerId: value.container_id,
      directory: value.directory,
      createdAt: value.created_at,
      phase: value.registered ? { type: 'running' } : { type: 'registering', since: value.created_at },
      tasks: new Map(),
      queued: [],
      completedTasks: [],
      pid: undefined,
      connectionId: undefined,
      hasReceivedTask: true,
      recovering: value.kind === 'custom',
    }
    state.frameworks.get(frameworkId)?.executors.set(id, executor)
    state.containers.set(executor.containerId, { frameworkId, executorId: id, taskId: undefined })
  }
}

function readTasks(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('task')) {
    const [frameworkId = '', executorId = '', taskId = ''] = path
    const framework = state.frameworks.get(frameworkId)
    const executor = framework?.executors.get(executorId)
    if (framework === undefined || executor === undefined) continue
    const info = storedTaskInfo(key, value.info)
    const task = createTask(framework, executor, { info, groupId: value.group_id, containerId: value.container_id })
    executor.tasks.set(taskId, task)
    if (task.containerId !== undefined) state.containers.set(task.containerId, { frameworkId, executorId, taskId })
    const kill = entries.get('kill', `kill/${path.join('/')}`)
    if (kill !== undefined) {
      const { cause, since, grace_ms: graceMs } = kill
      task.run = { type: 'killing', startedAt: since, cause, since, graceMs, escalated: false }
    }
  }
}

function readContainers(state: AgentState, entries: StoredEntries): ContainerToRecover[] {
  return entries.list('container').flatMap(({ path, value }) => {
    const [frameworkId = '', executorId = '', containerId = ''] = path
    const executor = state.frameworks.get(frameworkId)?.executors.get(executorId)
    if (executor === undefined) return []
    if (containerId === executor.containerId) executor.pid = value.pid
    const task = executor.tasks.get(value.task_id ?? '')
    if (task !== undefined) {
      task.pid = value.pid
      task.ipAddress = value.ip_address
      if (task.run?.type === 'launching') task.run = { type: 'running', startedAt: value.started_at }
    }
    return [{ containerId, handle: value.handle }]
  })
}

function readUpdates(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('update')) {
    const [frameworkId = '', taskId = '', sequence = '0'] = path
    const framework = state.frameworks.get(frameworkId)
    if (framework === undefined) continue
    const status = storedWire(key, () => fromJsonObject('mesos.v1.TaskStatus', value.status))
    const acknowledged = entries.get('ack', `ack/${frameworkId}/${taskId}`)?.up_to ?? 0
    const stream = framework.streams.get(taskId) ?? newStream(framework, taskId, value.executor_id)
    stream.seen.add(hex(status.uuid ?? new Uint8Array()))
    stream.nextSequence = Number(sequence) + 1
    stream.latestState = status.state
    stream.ended ||= isTerminal(status.state)
    if (Number(sequence) >= acknowledged) {
      stream.pending.push({ sequence: Number(sequence), status, durable: true })
    }
    const task = framework.executors.get(value.executor_id)?.tasks.get(taskId)
    if (task === undefined) continue
    applyStatus(task, status)
    if (isTerminal(status.state)) task.run &&= { type: 'ended' }
  }
}

function newStream(framework: Framework, taskId: string, executorId: string): UpdateStream {
  const stream: UpdateStream = {
    taskId,
    executorId,
    pending: [],
    nextSequence: 0,
    seen: new Set(),
    inFlight: false,
    retryMs: 10_000,
    latestState: 'TASK_STAGING',
    ended: false,
  }
  framework.streams.set(taskId, stream)
  return stream
}

function readCompleted(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('completed')) {
    const [frameworkId = '', containerId = ''] = path
    const info = storedWire(key, () => fromJsonObject('mesos.v1.ExecutorInfo', value.info))
    state.frameworks.get(frameworkId)?.completedExecutors.push({
      id: info.executor_id.value,
      kind: value.kind,
      info,
      containerId,
      directory: value.directory,
      completedTasks: value.tasks.map((task) => storedWire(key, () => fromJsonObject('mesos.v1.Task', task))),
    })
  }
}

function readOperations(state: AgentState, entries: StoredEntries): void {
  for (const { path, key, value } of entries.list('operation')) {
    const uuid = path[0] ?? ''
    state.operations.set(uuid, {
      uuid: Uint8Array.from(uuid.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      operation: storedWire(key, () => fromJsonObject('mesos.v1.Offer.Operation', value.operation)),
      frameworkId: value.framework_id,
      status: storedWire(key, () => fromJsonObject('mesos.v1.OperationStatus', value.status)),
      durable: true,
      retryMs: 10_000,
    })
  }
}

/** Streams whose every update was acknowledged, but whose task is not over, wait for the next update. */
function settleHistory(framework: Framework): void {
  for (const executor of framework.executors.values()) {
    const tasks = [...executor.tasks.values()]
    const isOver = tasks.length > 0 && tasks.every((task) => isTerminal(task.state))
    if (isOver && executor.kind !== 'custom') executor.phase = { type: 'terminated' }
  }
}

/** The containerizers have answered: what still runs goes on, what is lost is reported, then a master is looked for. */
export function onRecovered(turn: Turn, containers: readonly RecoveredContainer[]): void {
  const { state, now } = turn
  state.recoveredAt = now
  state.link = { type: 'disconnected' }
  const found = new Map(containers.map((container) => [container.containerId, container.state]))
  for (const framework of [...state.frameworks.values()]) {
    for (const executor of [...framework.executors.values()]) resumeExecutor(turn, { framework, executor }, found)
    completeFrameworkIfIdle(turn, framework)
  }
  const waits = [...state.frameworks.values()].some((framework) =>
    [...framework.executors.values()].some((executor) => executor.recovering),
  )
  if (waits) turn.timer('recovery', now + state.config.executorReregistrationTimeoutMs)
  else turn.soon({ type: 'connect' })
  if (state.drain !== undefined) drainAgent(turn, state.drain)
}

type Found = ReadonlyMap<string, RecoveredContainer['state']>

function resumeExecutor(turn: Turn, { framework, executor }: ExecutorPlace, found: Found): void {
  if (executor.kind === 'custom') {
    const container = found.get(executor.containerId)
    if (container === undefined || container === 'lost') {
      executor.recovering = false
      turn.soon({ type: 'destroy', containerId: executor.containerId })
      onCustomEnded(turn, { framework, executor }, { message: 'Executor terminated' })
    }
    return
  }
  for (const task of [...executor.tasks.values()]) resumeTask(turn, { framework, executor, task }, found)
  if (executor.tasks.size === 0) endExecutorIfIdle(turn, framework, executor)
}

function resumeTask(turn: Turn, { framework, executor, task }: TaskPlace, found: Found): void {
  const { run, containerId } = task
  if (run === undefined || run.type === 'ended' || containerId === undefined) return
  const container = found.get(containerId)
  if (container === undefined || container === 'lost') {
    turn.soon({ type: 'destroy', containerId })
    endTask(
      turn,
      { framework, executor, task },
      {
        state: goneState(framework),
        source: 'SOURCE_AGENT',
        reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
        message: 'The container did not survive the restart of the agent',
      },
    )
    return
  }
  // Its end is already known to the containerizer and comes as an input of its own.
  if (container === 'ended') return
  if (run.type === 'running') {
    startCheckers(turn, task, run.startedAt)
    armMaxCompletion(turn, task, run.startedAt)
  } else if (run.type === 'killing') {
    turn.soon({ type: 'signal', containerId, signal: 'SIGTERM' })
    turn.timer(killTimerKey(task), Math.max(turn.now, run.since + run.graceMs))
  }
}

/** Executors that did not come back are ended, and the agent goes looking for its master. */
export function onRecoveryTimer(turn: Turn): void {
  for (const framework of turn.state.frameworks.values()) {
    for (const executor of framework.executors.values()) onReregistrationTimer(turn, framework, executor)
  }
  turn.soon({ type: 'connect' })
}
