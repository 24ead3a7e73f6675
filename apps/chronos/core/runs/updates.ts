/** What a status update of a task does to its run. A run that has ended never changes again. */
import type { mesos } from '@thermosphere/protocol'
import { unreachableTimeoutMs } from '../limits.ts'
import { isActive } from '../state.ts'
import type { Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endKilled, fail, succeed } from './outcome.ts'
import { revive } from './queue.ts'
import { taskIdPattern } from './task-id.ts'

export function onUpdate(turn: Turn, status: mesos.TaskStatus): void {
  const run = turn.state.byTask.get(status.task_id.value)
  if (run === undefined) ghost(turn, status)
  else if (isActive(run)) applyUpdate(turn, run, status)
  else lateUpdate(turn, run, status)
  acknowledge(turn, status)
}

function acknowledge(turn: Turn, { uuid, agent_id, task_id }: mesos.TaskStatus): void {
  if (uuid === undefined || uuid.length === 0 || agent_id === undefined) return
  turn.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
}

const isLive = (state: mesos.TaskState): boolean =>
  state === 'TASK_STAGING' || state === 'TASK_STARTING' || state === 'TASK_RUNNING' || state === 'TASK_KILLING'

/** A task of ours that nobody remembers: a deleted job's, or one of a lost store. It must not run on unseen. */
function ghost(turn: Turn, status: mesos.TaskStatus): void {
  if (taskIdPattern.test(status.task_id.value) && isLive(status.state)) kill(turn, status)
}

function kill(turn: Turn, { task_id, agent_id }: mesos.TaskStatus): void {
  turn.call({ type: 'KILL', kill: { task_id, ...(agent_id !== undefined && { agent_id }) } })
}

/** An agent that comes back with a task given up for lost. */
function lateUpdate(turn: Turn, run: Run, status: mesos.TaskStatus): void {
  if (run.state !== 'missed' && isLive(status.state)) kill(turn, status)
}

function applyUpdate(turn: Turn, run: Run, status: mesos.TaskStatus): void {
  // A queued run has no task yet: only an answer about an ACCEPT that never arrived can speak of it.
  if (run.state === 'queued' || run.state === 'delayed') return
  turn.state.unknown.delete(run.id)
  note(run, status)
  turn.timer(`doubt/${run.id}`, undefined)
  if (status.state !== 'TASK_UNREACHABLE') leaveUnreachable(turn, run)
  decide(turn, run, status)
}

function leaveUnreachable(turn: Turn, run: Run): void {
  if (run.unreachableSince === undefined) return
  delete run.unreachableSince
  turn.timer(`unreachable/${run.id}`, undefined)
}

function decide(turn: Turn, run: Run, status: mesos.TaskStatus): void {
  switch (status.state) {
    case 'TASK_STAGING':
    case 'TASK_STARTING':
      return turn.saveRun(run)
    case 'TASK_RUNNING':
    case 'TASK_KILLING':
      run.state = 'running'
      run.startedAt ??= turn.now
      return turn.saveRun(run)
    case 'TASK_FINISHED':
      return finished(turn, run)
    case 'TASK_KILLED':
      return endKilled(turn, run)
    case 'TASK_UNREACHABLE':
      run.unreachableSince ??= turn.now
      turn.timer(`unreachable/${run.id}`, run.unreachableSince + unreachableTimeoutMs)
      return turn.saveRun(run)
    case 'TASK_LOST':
    case 'TASK_DROPPED':
    case 'TASK_GONE':
      return neverStarted(run, status) ? requeue(turn, run) : fail(turn, run, { mayRetry: true })
    case 'TASK_ERROR':
      return fail(turn, run, { mayRetry: false })
    default:
      return fail(turn, run, { mayRetry: true })
  }
}

/** The process of an async job only starts the work; its end is reported by a call. */
function finished(turn: Turn, run: Run): void {
  const isAsync = turn.state.jobs.get(run.job)?.job.async === true
  if (!isAsync) return succeed(turn, run)
  run.state = 'running'
  turn.saveRun(run)
}

const neverStarted = (run: Run, { reason }: mesos.TaskStatus): boolean =>
  run.startedAt === undefined && (reason === 'REASON_INVALID_OFFERS' || reason === 'REASON_RECONCILIATION')

/** The launch never took place, so no attempt is counted. */
export function requeue(turn: Turn, run: Run): void {
  run.state = 'queued'
  for (const field of ['launchedAt', 'agentId', 'agentHostname', 'taskState', 'reason', 'message'] as const)
    delete run[field]
  turn.saveRun(run)
  if (run.expiresAt !== undefined) turn.timer(`expire/${run.id}`, run.expiresAt)
  revive(turn)
}

const exitCodePattern = /exited with status (\d+)/

function note(run: Run, status: mesos.TaskStatus): void {
  run.taskState = status.state
  if (status.agent_id !== undefined) run.agentId = status.agent_id.value
  if (status.reason !== undefined) run.reason = status.reason
  else delete run.reason
  if (status.message !== undefined) run.message = status.message
  const exit = exitCodePattern.exec(status.message ?? '')
  if (exit?.[1] !== undefined) run.exitCode = Number(exit[1])
}

export function onUnreachableTimeout(turn: Turn, run: Run): void {
  if (run.unreachableSince === undefined) return
  run.message = `its agent has been unreachable for ${unreachableTimeoutMs / 60_000} minutes`
  run.reason = 'unreachable'
  fail(turn, run, { mayRetry: true })
}
