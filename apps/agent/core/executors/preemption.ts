import { destroyBecause } from './custom-executors.ts'
import type { AgentInput } from '../inputs.ts'
import type { ExecutorPlace, LoadThresholds } from '../state.ts'
import { preemptTaskRun } from '../tasks/kills.ts'
import { isTerminal, preempted } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'
import { usesRevocable } from '../views/allocated.ts'

/** The kernel computes the averages anew every five seconds; to look more often shows nothing. */
const LOAD_INTERVAL_MIN_MS = 5000
const TIMER = 'load'

/** Mesos' load controller: under too much load whatever uses revocable resources has to go. */
export function watchLoad(turn: Turn): void {
  const thresholds = turn.state.config.loadThresholds
  if (thresholds === undefined) return
  turn.timer(TIMER, turn.now + Math.max(LOAD_INTERVAL_MIN_MS, thresholds.intervalMs))
}

export function onLoadTimer(turn: Turn): void {
  turn.soon({ type: 'read-load' })
  watchLoad(turn)
}

export function onLoad(turn: Turn, load: Extract<AgentInput, { type: 'load' }>): void {
  const thresholds = turn.state.config.loadThresholds
  if (thresholds === undefined || !isOverloaded(load, thresholds)) return
  for (const framework of [...turn.state.frameworks.values()]) {
    for (const executor of [...framework.executors.values()]) {
      if (usesRevocable(executor)) preempt(turn, { framework, executor })
    }
  }
}

type Load = { readonly fiveMinutes: number; readonly fifteenMinutes: number }

function isOverloaded(load: Load, { fiveMinutes, fifteenMinutes }: LoadThresholds): boolean {
  return (
    (fiveMinutes !== undefined && load.fiveMinutes > fiveMinutes) ||
    (fifteenMinutes !== undefined && load.fifteenMinutes > fifteenMinutes)
  )
}

function preempt(turn: Turn, { framework, executor }: ExecutorPlace): void {
  const { phase } = executor
  if (phase.type !== 'registering' && phase.type !== 'running') return
  turn.state.counters.executorsPreempted++
  const { id, frameworkId } = executor
  turn.soon({ type: 'log', level: 'warn', event: 'executor.preempted', fields: { executorId: id, frameworkId } })
  const owed = preempted(framework)
  if (executor.kind === 'custom') return destroyBecause(turn, executor, owed)
  executor.phase = { type: 'terminating', owed }
  for (const task of [...executor.tasks.values()]) {
    if (!isTerminal(task.state)) preemptTaskRun(turn, { framework, executor, task })
  }
}
