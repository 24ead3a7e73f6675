import type { agentLink, mesos } from '@thermosphere/protocol'
import { forgetStream, isCheckpointed, saveAcknowledgement, saveUpdate } from '../checkpoint/checkpoint.ts'
import { hex } from '../ids.ts'
import type { Framework, Task, UpdateStream } from '../state.ts'
import { isTerminal } from './task-states.ts'
import type { Turn } from '../turn.ts'

/**
 * One stream of updates per task: first in, first out, only the head is in flight, and only once it is on disk.
 * The head is sent again after 10 s doubling to 10 min, and at once whenever the agent (re)registers.
 */
export const RETRY_MIN_MS = 10_000
export const RETRY_MAX_MS = 600_000

export function retryTimerKey(frameworkId: string, taskId: string): string {
  return `update/${frameworkId}/${taskId}`
}

/** Takes an update in; `false` when its uuid has been seen before. */
export function enqueueUpdate(
  turn: Turn,
  framework: Framework,
  { executorId, status }: { readonly executorId: string; readonly status: mesos.TaskStatus },
): boolean {
  const stream = openStream(framework, status.task_id.value, executorId)
  const uuid = hex(status.uuid ?? new Uint8Array())
  if (stream.seen.has(uuid)) return false
  stream.seen.add(uuid)
  const update = { sequence: stream.nextSequence++, status, durable: !isCheckpointed(framework) }
  stream.pending.push(update)
  stream.latestState = status.state
  stream.ended ||= isTerminal(status.state)
  if (update.durable) {
    forwardHead(turn, framework, stream)
    return true
  }
  saveUpdate(turn, { framework, stream }, update)
  const { taskId } = stream
  turn.durable({
    type: 'feedback',
    input: { type: 'updates-durable', frameworkId: framework.id, taskId, sequence: update.sequence },
  })
  return true
}

/** The stream of a task, made when it is new. */
export function openStream(framework: Framework, taskId: string, executorId: string): UpdateStream {
  const existing = framework.streams.get(taskId)
  if (existing !== undefined) return existing
  const stream: UpdateStream = {
    taskId,
    executorId,
    pending: [],
    nextSequence: 0,
    seen: new Set(),
    inFlight: false,
    retryMs: RETRY_MIN_MS,
    latestState: 'TASK_STAGING',
    ended: false,
  }
  framework.streams.set(taskId, stream)
  return stream
}

export function onUpdatesDurable(
  turn: Turn,
  { frameworkId, taskId, sequence }: { frameworkId: string; taskId: string; sequence: number },
): void {
  const framework = turn.state.frameworks.get(frameworkId)
  const stream = framework?.streams.get(taskId)
  if (framework === undefined || stream === undefined) return
  for (const update of stream.pending) if (update.sequence <= sequence) update.durable = true
  if (!stream.inFlight) forwardHead(turn, framework, stream)
}

function forwardHead(turn: Turn, framework: Framework, stream: UpdateStream): void {
  const head = stream.pending[0]
  if (head === undefined || !head.durable || stream.inFlight || turn.state.link.type !== 'registered') return
  stream.inFlight = true
  const task = taskOf(framework, stream)
  if (task !== undefined) {
    task.statusUpdateState = head.status.state
    task.statusUpdateUuid = head.status.uuid
  }
  // Behind all writes so far: the acknowledgement of the one before, and the latest state that is told along.
  turn.durable({
    type: 'send',
    message: {
      type: 'STATUS_UPDATE',
      status_update: {
        framework_id: { value: framework.id },
        ...(stream.executorId === '' ? {} : { executor_id: { value: stream.executorId } }),
        status: head.status,
        latest_state: stream.latestState,
      },
    },
  })
  turn.timer(retryTimerKey(framework.id, stream.taskId), turn.now + stream.retryMs)
}

/** The task whose updates the stream carries, while an executor still holds it. */
export function taskOf(framework: Framework, stream: UpdateStream): Task | undefined {
  return framework.executors.get(stream.executorId)?.tasks.get(stream.taskId)
}

export function onRetryTimer(turn: Turn, frameworkId: string, taskId: string): void {
  const framework = turn.state.frameworks.get(frameworkId)
  const stream = framework?.streams.get(taskId)
  if (framework === undefined || stream === undefined) return
  stream.retryMs = Math.min(stream.retryMs * 2, RETRY_MAX_MS)
  stream.inFlight = false
  forwardHead(turn, framework, stream)
}

/** After (re)registration, and when the framework came back: every head goes out again at once. */
export function resendHeads(turn: Turn, framework: Framework): void {
  for (const stream of framework.streams.values()) {
    stream.inFlight = false
    stream.retryMs = RETRY_MIN_MS
    forwardHead(turn, framework, stream)
  }
}

/** Without a master nothing is sent and nothing waits for an answer. */
export function pauseStreams(turn: Turn): void {
  for (const framework of turn.state.frameworks.values()) {
    for (const stream of framework.streams.values()) {
      if (stream.inFlight) turn.timer(retryTimerKey(framework.id, stream.taskId), undefined)
      stream.inFlight = false
    }
  }
}

export type Acknowledged = { readonly stream: UpdateStream; readonly closed: boolean }

/** Pops the head that `uuid` names; anything else is stale and ignored. */
export function acknowledge(
  turn: Turn,
  framework: Framework,
  { task_id, uuid }: agentLink.MasterMessage_StatusUpdateAck,
): Acknowledged | undefined {
  const taskId = task_id.value
  const stream = framework.streams.get(taskId)
  const head = stream?.pending[0]
  if (stream === undefined || head?.status.uuid === undefined || hex(head.status.uuid) !== hex(uuid)) return undefined
  stream.pending.shift()
  stream.inFlight = false
  stream.retryMs = RETRY_MIN_MS
  turn.timer(retryTimerKey(framework.id, taskId), undefined)
  if (isTerminal(head.status.state)) {
    framework.streams.delete(taskId)
    forgetStream(turn, framework, taskId)
    return { stream, closed: true }
  }
  saveAcknowledgement(turn, { framework, stream }, head.sequence + 1)
  forwardHead(turn, framework, stream)
  return { stream, closed: false }
}

/** Drops every stream of a framework that is going away. */
export function dropStreams(turn: Turn, framework: Framework): void {
  for (const stream of framework.streams.values()) {
    turn.timer(retryTimerKey(framework.id, stream.taskId), undefined)
    forgetStream(turn, framework, stream.taskId)
  }
  framework.streams.clear()
}
