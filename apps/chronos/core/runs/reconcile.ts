/** Finding out what became of launched runs: after a start before anything else is launched, later by timer. */
import type { scheduler } from '@thermosphere/protocol'
import { recoveryWaitMs } from '../limits.ts'
import { isActive, isLaunched } from '../state.ts'
import type { ChronosState, Run } from '../state.ts'
import { frameworkKey } from '../stored.ts'
import type { Turn } from '../turn.ts'
import { armJob } from './due.ts'
import { fail } from './outcome.ts'
import { revive } from './queue.ts'

const launchedRuns = (state: ChronosState): Run[] => [...state.active.values()].filter(isLaunched)

const question = (run: Run): scheduler.Call_Reconcile_Task => ({
  task_id: { value: run.taskId },
  ...(run.agentId !== undefined && { agent_id: { value: run.agentId } }),
})

function ask(turn: Turn, runs: readonly Run[]): void {
  if (runs.length > 0) turn.call({ type: 'RECONCILE', reconcile: { tasks: runs.map(question) } })
}

export function onConnected(turn: Turn, frameworkId: string): void {
  const { state } = turn
  if (state.frameworkId !== frameworkId) {
    state.frameworkId = frameworkId
    turn.write({ type: 'put', key: frameworkKey, value: JSON.stringify({ version: 1, frameworkId }) })
  }
  state.isConnected = true
  state.isSuppressed = false
  const launched = launchedRuns(state)
  ask(turn, launched)
  // Everything else that the master knows of us: tasks that a lost record may have left behind.
  turn.call({ type: 'RECONCILE', reconcile: { tasks: [] } })
  turn.timer('reconcile', turn.now + state.config.reconciliationIntervalMs)
  if (state.phase === 'scheduling') return revive(turn)
  state.phase = 'reconciling'
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
  for (const run of state.active.values()) armRun(turn, run)
  revive(turn)
}

function armRun(turn: Turn, run: Run): void {
  if (run.state === 'delayed') turn.timer(`start/${run.id}`, run.startsAt)
  if (run.state === 'queued' && run.expiresAt !== undefined) turn.timer(`expire/${run.id}`, run.expiresAt)
}

export function onReconcileTimer(turn: Turn): void {
  const { state, now } = turn
  turn.timer('reconcile', now + state.config.reconciliationIntervalMs)
  if (state.isConnected) ask(turn, launchedRuns(state))
}

/** An ACCEPT without an answer: ask, and ask again until there is one. */
export function onDoubt(turn: Turn, run: Run, againMs: number): void {
  if (!isActive(run) || run.state !== 'launching') return
  if (turn.state.isConnected) ask(turn, [run])
  turn.timer(`doubt/${run.id}`, turn.now + againMs)
}

/** The master forgot the framework: its tasks are gone with it, and it begins anew under another id. */
export function onFrameworkRemoved(turn: Turn): void {
  const { state } = turn
  state.frameworkId = undefined
  state.isConnected = false
  turn.write({ type: 'delete', key: frameworkKey })
  for (const run of launchedRuns(state)) {
    run.reason = 'framework-removed'
    run.message = 'the master removed the framework with all of its tasks'
    fail(turn, run, { mayRetry: true })
  }
  turn.resubscribe()
}
