/** Finding out what became of launched runs: after a start before anything else is launched, later by timer. */
import type { scheduler } from '@thermosphere/protocol'
import { launchingDoubtMs, pruneIntervalMs, recoveryWaitMs, unreachableDoubtMs } from '../limits.ts'
import { awaitsCallback, isLaunched } from '../state.ts'
import type { ChronosState, Run } from '../state.ts'
import { frameworkKey } from '../stored.ts'
import type { Turn } from '../turn.ts'
import { armJob } from './arm.ts'
import { askToKill } from './kill.ts'
import { endKilled, fail } from './outcome.ts'
import { revive } from './queue.ts'
import { armOvertime, armUnreachable } from './updates.ts'

/** Runs that have, or may have, a task. */
const runsWithTask = (state: ChronosState): Run[] =>
  [...state.runs.active.values()].filter((run) => isLaunched(run) && !awaitsCallback(run))

const question = (run: Run): scheduler.Call_Reconcile_Task => ({
  task_id: { value: run.taskId },
  ...(run.agentId !== undefined && { agent_id: { value: run.agentId } }),
})

function ask(turn: Turn, runs: readonly Run[]): void {
  for (const run of runs) run.askedAt = turn.now
  if (runs.length > 0) turn.call({ type: 'RECONCILE', reconcile: { tasks: runs.map(question) } })
}

/** The state has been loaded; runs go on where they stood. */
export function onStart(turn: Turn): void {
  for (const run of turn.state.runs.active.values()) armRun(turn, run)
  prune(turn)
}

function armRun(turn: Turn, run: Run): void {
  const { id, state } = run
  if (state === 'delayed') turn.timer(`start/${id}`, retryAt(turn, run))
  if (state === 'queued' && run.expiresAt !== undefined) turn.timer(`expire/${id}`, run.expiresAt)
  if (state === 'launching') turn.timer(`doubt/${id}`, turn.now + launchingDoubtMs)
  if (state === 'running') armOvertime(turn, run)
  if (run.unreachableSince !== undefined) armUnreachable(turn, run, run.unreachableSince)
}

/** Who queued it may have had another clock: no retry waits longer than it was to wait. */
function retryAt(turn: Turn, { startsAt = turn.now, queuedAt }: Run): number {
  return Math.min(startsAt, turn.now + Math.max(0, startsAt - queuedAt))
}

/** Forgets what is older than the history may be. */
export function prune(turn: Turn): void {
  const { runs, config } = turn.state
  turn.forget(runs.takeEndedBefore(turn.now - config.historyTtlMs))
  turn.timer('prune', turn.now + pruneIntervalMs)
}

export function onConnected(turn: Turn, frameworkId: string): void {
  const { state } = turn
  if (state.frameworkId !== frameworkId) {
    state.frameworkId = frameworkId
    turn.write({ type: 'put', key: frameworkKey, value: JSON.stringify({ version: 1, frameworkId }) })
  }
  state.isConnected = true
  state.isSuppressed = false
  const launched = runsWithTask(state)
  ask(turn, launched)
  for (const run of launched) if (run.killRequested === true) askToKill(turn, run)
  // Everything else that the master knows of us: tasks that a lost record may have left behind.
  turn.call({ type: 'RECONCILE', reconcile: { tasks: [] } })
  turn.timer('reconcile', turn.now + state.config.reconciliationIntervalMs)
  if (state.phase === 'scheduling') return revive(turn)
  state.phase = 'reconciling'
  state.unknown.clear()
  for (const run of launched) state.unknown.add(run.id)
  turn.timer('recovered', turn.now + recoveryWaitMs)
  startWhenKnown(turn)
}

/** Work begins once every launched run's fate is known. */
export function startWhenKnown(turn: Turn): void {
  if (turn.state.phase === 'reconciling' && turn.state.unknown.size === 0) startScheduling(turn)
}

export function startScheduling(turn: Turn): void {
  const { state } = turn
  if (state.phase !== 'reconciling') return
  state.phase = 'scheduling'
  state.unknown.clear()
  turn.timer('recovered', undefined)
  for (const record of state.jobs.values()) armJob(turn, record)
  revive(turn)
}

export function onReconcileTimer(turn: Turn): void {
  const { state, now } = turn
  turn.timer('reconcile', now + state.config.reconciliationIntervalMs)
  if (state.isConnected) ask(turn, runsWithTask(state))
}

/** An ACCEPT without an answer, or a task on an unreachable agent: ask, and ask again until it is known. */
export function onDoubt(turn: Turn, run: Run): void {
  const isUnreachable = run.unreachableSince !== undefined
  if (run.state !== 'launching' && !isUnreachable) return
  if (turn.state.isConnected) ask(turn, [run])
  turn.timer(`doubt/${run.id}`, turn.now + (isUnreachable ? unreachableDoubtMs : launchingDoubtMs))
}

/** The master forgot the framework: its tasks are gone with it, and it begins anew under another id. */
export function onFrameworkRemoved(turn: Turn): void {
  const { state } = turn
  state.frameworkId = undefined
  state.isConnected = false
  turn.write({ type: 'delete', key: frameworkKey })
  for (const run of runsWithTask(state)) {
    run.reason = 'framework-removed'
    run.message = 'the master removed the framework with all of its tasks'
    if (run.killRequested === true) endKilled(turn, run)
    else fail(turn, run, { mayRetry: true })
  }
  turn.resubscribe()
}
