import type { executor as wire, mesos } from '@thermosphere/protocol'
import { saveExecutor } from '../checkpoint/checkpoint.ts'
import type { ExecutorClaims } from '../access/access.ts'
import { createTask } from './launch.ts'
import type { ExecutorReply } from '../effects.ts'
import { deliverQueued, registrationTimerKey, shutDownCustom, tellExecutor } from './custom-executors.ts'
import { askToReconnect, isExpected, reconnectTimerKey } from './drivers.ts'
import { drainReturned } from '../drain.ts'
import { hex } from '../ids.ts'
import type { Driver } from '../inputs.ts'
import type { Executor, ExecutorPlace, Framework, Task } from '../state.ts'
import { containerStatus, recordUpdate, reportTask } from '../tasks/statuses.ts'
import { droppedState, isTerminal } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'

/** The v1 executor API as the core sees it: calls in decision order, answers as effects. */

type Request = {
  readonly requestId: number
  readonly call: wire.Call
  readonly claims: ExecutorClaims | undefined
  /** Of a call that a driver's message stands for. */
  readonly driverPid?: string
}
type Subscription = Omit<Request, 'driverPid'> & { readonly connectionId: number; readonly driver?: Driver }
type Refusal = Pick<ExecutorReply, 'status' | 'message'>
type Caller =
  { readonly type: 'found'; readonly place: ExecutorPlace } | { readonly type: 'refused'; readonly refusal: Refusal }

function findCaller(turn: Turn, { call, claims }: Request): Caller {
  const refused = (status: 400 | 403, message: string): Caller => ({ type: 'refused', refusal: { status, message } })
  const framework = turn.state.frameworks.get(call.framework_id.value)
  if (framework === undefined) return refused(400, 'Framework cannot be found')
  const executor = framework.executors.get(call.executor_id.value)
  if (executor === undefined) return refused(400, 'Executor cannot be found')
  const problem = claims && claimsProblem(claims, executor)
  return problem === undefined ? { type: 'found', place: { framework, executor } } : refused(403, problem)
}

/** A token is for one run of one executor. */
function claimsProblem(claims: ExecutorClaims, executor: Executor): string | undefined {
  const isOwn = claims.frameworkId === executor.frameworkId && claims.executorId === executor.id
  if (!isOwn) return `The token is not that of executor '${executor.id}' of framework '${executor.frameworkId}'`
  return claims.containerId === executor.containerId
    ? undefined
    : `The token is not that of the container in which executor '${executor.id}' runs now`
}

function reply(turn: Turn, requestId: number, answer: Partial<ExecutorReply> & Pick<ExecutorReply, 'status'>): void {
  turn.durable({ type: 'executor-reply', requestId, reply: { message: undefined, ...answer } })
}

export function onSubscribe(turn: Turn, input: Subscription): void {
  const caller = findCaller(turn, input)
  if (caller.type === 'refused') return reply(turn, input.requestId, caller.refusal)
  const { framework, executor } = caller.place
  reply(turn, input.requestId, { status: 200 })
  if (!isWelcome(turn, caller.place, input.driver)) {
    turn.durable({ type: 'executor-event', connectionId: input.connectionId, event: { type: 'SHUTDOWN' } })
    turn.durable({ type: 'executor-close', connectionId: input.connectionId })
    return
  }
  if (executor.connectionId !== undefined) turn.durable({ type: 'executor-close', connectionId: executor.connectionId })
  executor.connectionId = input.connectionId
  executor.driverPid = input.driver?.pid
  executor.recovering = false
  executor.phase = { type: 'running' }
  turn.timer(registrationTimerKey(executor), undefined)
  turn.timer(reconnectTimerKey(executor), undefined)
  saveExecutor(turn, framework, executor)
  sendSubscribed(turn, caller.place)
  takeUnacknowledged(turn, { framework, executor }, input.call.subscribe)
  deliverQueued(turn, framework, executor)
  drainReturned(turn, caller.place)
  if (!executor.hasReceivedTask) shutDownCustom(turn, executor)
}

function isWelcome(turn: Turn, { framework, executor }: ExecutorPlace, driver: Driver | undefined): boolean {
  const { type } = executor.phase
  if (framework.terminating || turn.state.shuttingDown || type === 'terminating' || type === 'terminated') return false
  return driver === undefined || isExpected(executor, driver)
}

function sendSubscribed(turn: Turn, { framework, executor }: ExecutorPlace): void {
  const { agentId, config } = turn.state
  tellExecutor(turn, executor, {
    type: 'SUBSCRIBED',
    subscribed: {
      executor_info: executor.info,
      framework_info: framework.info,
      agent_info: {
        hostname: config.hostname,
        port: config.port,
        resources: [...config.resources],
        ...(agentId === undefined ? {} : { id: { value: agentId } }),
      },
      container_id: { value: executor.containerId },
    },
  })
}

/** What the executor may have said or been told while nobody listened. */
function takeUnacknowledged(
  turn: Turn,
  { framework, executor }: ExecutorPlace,
  subscribe: wire.Call_Subscribe | undefined,
): void {
  for (const { status } of subscribe?.unacknowledged_updates ?? []) {
    takeUpdate(turn, { framework, executor }, status)
  }
  const known = new Set((subscribe?.unacknowledged_tasks ?? []).map((info) => info.task_id.value))
  for (const info of subscribe?.unacknowledged_tasks ?? []) {
    if (executor.tasks.has(info.task_id.value) || framework.streams.has(info.task_id.value)) continue
    executor.tasks.set(
      info.task_id.value,
      createTask(framework, executor, { info, groupId: undefined, containerId: undefined }),
    )
  }
  for (const task of [...executor.tasks.values()]) {
    if (task.state !== 'TASK_STAGING' || known.has(task.info.task_id.value)) continue
    reportTask(
      turn,
      { framework, executor, task },
      {
        state: droppedState(framework),
        source: 'SOURCE_AGENT',
        reason: 'REASON_AGENT_RESTARTED',
        message: 'Task launched during agent restart',
      },
    )
  }
}

export function onExecutorCall(turn: Turn, request: Request): void {
  const { requestId, call } = request
  if (call.type === 'HEARTBEAT') return reply(turn, requestId, { status: 202 })
  const caller = findCaller(turn, request)
  if (caller.type === 'refused') return reply(turn, requestId, caller.refusal)
  const { framework, executor } = caller.place
  if (executor.connectionId === undefined || executor.driverPid !== request.driverPid)
    return reply(turn, requestId, { status: 403, message: 'Executor is not subscribed' })
  if (call.type === 'UPDATE' && call.update !== undefined) {
    takeUpdate(turn, { framework, executor }, call.update.status)
  } else if (call.type === 'MESSAGE' && call.message !== undefined) {
    sendMessage(turn, { framework, executor }, call.message.data)
  }
  reply(turn, requestId, { status: 202 })
}

function sendMessage(turn: Turn, { framework, executor }: ExecutorPlace, data: Uint8Array): void {
  if (turn.state.link.type !== 'registered') {
    turn.state.counters.invalidFrameworkMessages++
    return
  }
  turn.state.counters.validFrameworkMessages++
  turn.soon({
    type: 'send',
    message: {
      type: 'EXECUTOR_MESSAGE',
      executor_message: { framework_id: { value: framework.id }, executor_id: { value: executor.id }, data },
    },
  })
}

/** Takes an update over from its executor: recorded first, acknowledged to the executor when it is on disk. */
function takeUpdate(turn: Turn, { framework, executor }: ExecutorPlace, received: mesos.TaskStatus): void {
  const { agentId, counters } = turn.state
  const task = executor.tasks.get(received.task_id.value)
  const isKnown = task !== undefined && agentId !== undefined
  if (!isKnown || (isTerminal(task.state) && !isRepeat(framework, received))) {
    counters.invalidStatusUpdates++
  } else {
    counters.validStatusUpdates++
    const status: mesos.TaskStatus = {
      ...received,
      source: 'SOURCE_EXECUTOR',
      agent_id: { value: agentId },
      timestamp: received.timestamp ?? turn.now / 1000,
      container_status: { ...containerStatus(turn, executor, task), ...received.container_status },
    }
    if (recordUpdate(turn, { framework, executor, task }, status)) shrinkIfEnded(turn, executor, task)
  }
  acknowledgeToExecutor(turn, executor, received)
}

function isRepeat(framework: Framework, status: mesos.TaskStatus): boolean {
  const stream = framework.streams.get(status.task_id.value)
  return status.uuid !== undefined && stream?.seen.has(hex(status.uuid)) === true
}

function shrinkIfEnded(turn: Turn, executor: Executor, task: Task): void {
  if (isTerminal(task.state)) turn.timer(`limits/${executor.frameworkId}/${executor.id}`, turn.now)
}

function acknowledgeToExecutor(turn: Turn, executor: Executor, { task_id, uuid }: mesos.TaskStatus): void {
  if (uuid !== undefined) tellExecutor(turn, executor, { type: 'ACKNOWLEDGED', acknowledged: { task_id, uuid } })
}

export function onExecutorGone(turn: Turn, connectionId: number): void {
  for (const framework of turn.state.frameworks.values()) {
    for (const executor of framework.executors.values()) {
      if (executor.connectionId !== connectionId) continue
      executor.connectionId = undefined
      askToReconnect(turn, executor)
    }
  }
}

export function onFrameworkMessage(
  turn: Turn,
  ids: { frameworkId: string; executorId: string },
  data: Uint8Array,
): void {
  const executor = turn.state.frameworks.get(ids.frameworkId)?.executors.get(ids.executorId)
  if (executor?.connectionId === undefined || executor.phase.type !== 'running') {
    turn.state.counters.invalidFrameworkMessages++
    return
  }
  turn.state.counters.validFrameworkMessages++
  tellExecutor(turn, executor, { type: 'MESSAGE', message: { data } })
}
