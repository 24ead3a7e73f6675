import { stopCheckers } from './checkers.ts'
import { completeExecutorIfDone, settleTask } from '../executors/completion.ts'
import type { Executor, Framework, TaskPlace } from '../state.ts'
import { reportTask } from './statuses.ts'
import type { StatusChange } from './statuses.ts'
import { isTerminal } from './task-states.ts'
import type { Turn } from '../turn.ts'

/** The end of a task whose executor the agent plays: told once, and the executor ends with its last task. */
export function endTask(turn: Turn, { framework, executor, task }: TaskPlace, change: StatusChange): void {
  if (isTerminal(task.state)) return
  stopCheckers(turn, task)
  const path = `${task.frameworkId}/${task.executorId}/${task.info.task_id.value}`
  turn.timer(`kill/${path}`, undefined)
  if (task.info.max_completion_time !== undefined) turn.timer(`max/${path}`, undefined)
  reportTask(turn, { framework, executor, task }, change)
  task.run = { type: 'ended' }
  if (task.containerId !== undefined && task.containerId !== executor.containerId) {
    turn.state.containers.delete(task.containerId)
  }
  if (framework.terminating) settleTask(turn, { framework, executor, task })
  endExecutorIfIdle(turn, framework, executor)
}

/** A played executor ends when none of its tasks is live. */
export function endExecutorIfIdle(turn: Turn, framework: Framework, executor: Executor): void {
  if (executor.kind === 'custom' || executor.phase.type === 'terminated') return
  for (const task of executor.tasks.values()) if (!isTerminal(task.state)) return
  executor.phase = { type: 'terminated' }
  turn.state.counters.executorsTerminated++
  if (executor.kind === 'group') sendExecutorExited(turn, executor, 0)
  completeExecutorIfDone(turn, framework, executor)
}

/** The status of an executor whose end nobody saw. */
export const UNKNOWN_STATUS = -1

/** Tells the master; frameworks see it as FAILURE. Command executors are the agent's own affair. */
export function sendExecutorExited(turn: Turn, executor: Pick<Executor, 'frameworkId' | 'id'>, status: number): void {
  turn.durable({
    type: 'send',
    message: {
      type: 'EXECUTOR_EXITED',
      executor_exited: {
        framework_id: { value: executor.frameworkId },
        executor_id: { value: executor.id },
        status,
      },
    },
  })
}
