import type { mesos } from '@thermosphere/protocol'
import { forgetDrain, saveDrain } from './checkpoint/checkpoint.ts'
import { killQueued, deliverKill, shutDownCustom } from './executors/custom-executors.ts'
import { millisOf } from './ids.ts'
import { graceOf, killTaskRun } from './tasks/kills.ts'
import type { Executor, ExecutorPlace, Task } from './state.ts'
import { isTerminal } from './tasks/task-states.ts'
import type { Turn } from './turn.ts'

/** Everything that runs here is killed, nothing new is taken; a repeated order only confirms the first. */
export function drainAgent(turn: Turn, config: mesos.DrainConfig): void {
  if (turn.state.drain === undefined) {
    turn.state.drainStartedAt = turn.now
    saveDrain(turn, config)
  }
  turn.state.drain = config
  for (const framework of [...turn.state.frameworks.values()]) {
    for (const executor of [...framework.executors.values()]) drainExecutor(turn, { framework, executor }, config)
  }
}

/** An executor that was away when the agent was told to drain has not heard of it. */
export function drainReturned(turn: Turn, place: ExecutorPlace): void {
  if (turn.state.drain !== undefined) drainExecutor(turn, place, turn.state.drain)
}

function drainExecutor(turn: Turn, { framework, executor }: ExecutorPlace, config: mesos.DrainConfig): void {
  for (const { tasks } of [...executor.queued]) {
    const first = tasks[0]
    if (first !== undefined) killQueued(turn, { framework, executor }, first.info.task_id.value)
  }
  for (const task of [...executor.tasks.values()]) {
    if (isTerminal(task.state)) continue
    const override = overrideOf(task, config)
    const place = { framework, executor, task }
    if (executor.kind === 'custom') deliverKill(turn, place, override)
    else killTaskRun(turn, place, { cause: 'request', graceMs: graceOf(turn, place, override) })
  }
}

/** The drain's grace counts where it is shorter than the task's own, or the task has none. */
function overrideOf(task: Task, { max_grace_period: max }: mesos.DrainConfig): mesos.KillPolicy | undefined {
  if (max === undefined) return undefined
  const own = task.info.kill_policy?.grace_period
  return own === undefined || millisOf(max, 0) < millisOf(own, 0) ? { grace_period: max } : undefined
}

/** After every step while it lasts. An agent that is to be gone stays drained; others can be activated again. */
export function carryDrainOn(turn: Turn): void {
  const { drain, frameworks, operations } = turn.state
  if (drain === undefined) return
  for (const { executors } of frameworks.values())
    for (const executor of executors.values()) if (isIdle(executor)) shutDownCustom(turn, executor)
  if (drain.mark_gone === true || frameworks.size > 0 || operations.size > 0) return
  turn.state.drain = undefined
  turn.state.drainStartedAt = undefined
  forgetDrain(turn)
}

/** A custom executor may stay without tasks for as long as it likes, and the agent would take none meanwhile. */
function isIdle({ kind, phase, queued, tasks }: Executor): boolean {
  if (kind !== 'custom' || phase.type !== 'running' || queued.length > 0) return false
  return [...tasks.values()].every(({ state }) => isTerminal(state))
}
