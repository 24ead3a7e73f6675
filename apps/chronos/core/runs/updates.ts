/** What a status update of a task does to its run. A run that has ended never changes again. */
import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { overtimeGraceMs, unreachableDoubtMs } from '../limits.ts'
import { awaitsCallback, isActive, jobOfRun } from '../state.ts'
import type { Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endKilled, fail, succeed } from './outcome.ts'
import { requeue } from './queue.ts'
import { taskIdPattern } from './task-id.ts'
import { adopt, isDisowned, onDisowned, takeBack } from './unconfirmed.ts'

export function onUpdate(turn: Turn, status: mesos.TaskStatus): void {
  const run = turn.state.runs.byTask.get(status.task_id.value)
  if (run === undefined) ghost(turn, status)
  else if (run.taskId !== status.task_id.value) onFormerTask(turn, run, status)
  else if (isActive(run)) applyUpdate(turn, run, status)
  // The callback of async work may come before its process ends.
  else if (isLive(status.state) && run.state !== 'succeeded') kill(turn, status)
  acknowledge(turn, status)
}

function acknowledge(turn: Turn, { uuid, agent_id, task_id }: mesos.TaskStatus): void {
  if (uuid === undefined || uuid.length === 0 || agent_id === undefined) return
  turn.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
}

const liveStates: ReadonlySet<mesos.TaskState> = new Set([
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
])
const isLive = (state: mesos.TaskState): boolean => liveStates.has(state)
const endStates: ReadonlySet<mesos.TaskState> = new Set(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR'])

const isLost = ({ state }: mesos.TaskStatus): boolean => !isLive(state) && !endStates.has(state)

/** A task of ours that nobody remembers: a deleted job's, or one of a lost store. It must not run on unseen. */
function ghost(turn: Turn, status: mesos.TaskStatus): void {
  if (taskIdPattern.test(status.task_id.value) && isLive(status.state)) kill(turn, status)
}

/** The task of a launch that was given up; the run has, or is about to get, another. */
function onFormerTask(turn: Turn, run: Run, status: mesos.TaskStatus): void {
  if (isLost(status)) return
  if (takeBack(turn, run, status.task_id.value)) applyUpdate(turn, run, status)
  else if (isLive(status.state)) kill(turn, status)
}

function kill(turn: Turn, { task_id, agent_id }: mesos.TaskStatus): void {
  turn.call({ type: 'KILL', kill: { task_id, ...(agent_id !== undefined && { agent_id }) } })
}

function applyUpdate(turn: Turn, run: Run, status: mesos.TaskStatus): void {
  if (awaitsCallback(run) || saysNothing(run, status)) return
  turn.state.unknown.delete(run.id)
  turn.timer(`doubt/${run.id}`, undefined)
  if (wasRefused(run, status)) return run.killRequested === true ? endKilled(turn, run) : requeue(turn, run)
  if (isDisowned(run, status)) return onDisowned(turn, run, status)
  if (run.state === 'queued' || run.state === 'delayed') adopt(turn, run)
  note(run, status)
  if (status.state !== 'TASK_UNREACHABLE') leaveUnreachable(turn, run)
  decide(turn, run, status)
}

/** An answer about a launch that was given up, or given before the launch that is under way now. */
function saysNothing(run: Run, status: mesos.TaskStatus): boolean {
  if (!isLost(status)) return false
  if (run.state === 'queued' || run.state === 'delayed') return true
  const knowsNothing = run.state === 'launching' && run.taskState === undefined && run.askedAt === undefined
  return knowsNothing && status.reason === 'REASON_RECONCILIATION'
}

/** The ACCEPT met an offer that was gone: the master knows that nothing began, and the task id is still unused. */
const wasRefused = (run: Run, status: mesos.TaskStatus): boolean =>
  run.state === 'launching' &&
  run.taskState === undefined &&
  isLost(status) &&
  status.reason === 'REASON_INVALID_OFFERS'

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
      return runs(turn, run)
    case 'TASK_FINISHED':
      return finished(turn, run)
    case 'TASK_KILLED':
      return endsInTime(run, status) ? endKilled(turn, run) : fail(turn, run, { mayRetry: true })
    case 'TASK_UNREACHABLE':
      run.unreachableSince ??= turn.now
      armUnreachable(turn, run, run.unreachableSince)
      return turn.saveRun(run)
    default: {
      if (run.killRequested === true && endsInTime(run, status)) return endKilled(turn, run)
      return fail(turn, run, { mayRetry: !isInvalid(status) })
    }
  }
}

const endsInTime = (run: Run, { reason }: mesos.TaskStatus): boolean =>
  run.isOvertime !== true && reason !== 'REASON_MAX_COMPLETION_TIME_REACHED'

/** It would be refused again. */
const isInvalid = ({ state, reason, message }: mesos.TaskStatus): boolean =>
  state === 'TASK_ERROR' && (reason === 'REASON_TASK_INVALID' || /invalid/i.test(message ?? ''))

function runs(turn: Turn, run: Run): void {
  const isNew = run.startedAt === undefined
  run.state = 'running'
  run.startedAt ??= turn.now
  turn.saveRun(run)
  if (isNew) armOvertime(turn, run)
}

/** The agent ends a task that runs too long; this is for agents that cannot, and for async work. */
export function armOvertime(turn: Turn, run: Run): void {
  const seconds = jobOfRun(turn.state, run)?.job.maxCompletionTime ?? 0
  if (seconds === 0 || run.startedAt === undefined) return
  turn.timer(`overtime/${run.id}`, Math.min(run.startedAt, turn.now) + seconds * 1000 + overtimeGraceMs)
}

/** It is given up when its agent is away for too long; a clock that was set back makes that no longer. */
export function armUnreachable(turn: Turn, { id }: Run, since: Millis): void {
  turn.timer(`unreachable/${id}`, Math.min(since, turn.now) + turn.state.config.unreachableTimeoutMs)
  turn.timer(`doubt/${id}`, turn.now + unreachableDoubtMs)
}

/** The process of an async job only starts the work; its end is reported by a call. */
function finished(turn: Turn, run: Run): void {
  const isAsync = jobOfRun(turn.state, run)?.job.async === true
  if (!isAsync || run.killRequested === true) return succeed(turn, run)
  runs(turn, run)
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
  run.message = `its agent has been unreachable for ${turn.state.config.unreachableTimeoutMs / 60_000} minutes`
  run.reason = 'unreachable'
  fail(turn, run, { mayRetry: true })
}
