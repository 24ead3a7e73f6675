import type { mesos } from '@thermosphere/protocol'
import {
  forgetCompleted,
  forgetExecutor,
  forgetFramework,
  forgetTask,
  saveCompleted,
} from '../checkpoint/checkpoint.ts'
import type { CompletedExecutor, Executor, Framework, TaskPlace } from '../state.ts'
import type { Turn } from '../turn.ts'
import { taskRecord } from '../views/task-record.ts'

/** A terminal update was acknowledged, or nobody is left who would: the task becomes history. */
export function settleTask(turn: Turn, { framework, executor, task }: TaskPlace): void {
  task.acknowledged = true
  executor.tasks.delete(task.info.task_id.value)
  executor.completedTasks.push(taskRecord(turn.state, framework, executor, task))
  while (executor.completedTasks.length > turn.state.config.completedTasksMax) executor.completedTasks.shift()
  forgetTask(turn, framework, task)
  completeExecutorIfDone(turn, framework, executor)
}

/** An ended executor that owes nothing any more leaves the live ones. */
export function completeExecutorIfDone(turn: Turn, framework: Framework, executor: Executor): void {
  if (executor.phase.type !== 'terminated') return
  if (framework.terminating) {
    for (const task of executor.tasks.values()) {
      executor.completedTasks.push(taskRecord(turn.state, framework, executor, task))
      forgetTask(turn, framework, task)
    }
    executor.tasks.clear()
  }
  if (executor.tasks.size > 0 || !framework.executors.delete(executor.id)) return
  turn.state.containers.delete(executor.containerId)
  const completed: CompletedExecutor = {
    id: executor.id,
    kind: executor.kind,
    info: executor.info,
    containerId: executor.containerId,
    directory: executor.directory,
    completedTasks: executor.completedTasks,
  }
  framework.completedExecutors.push(completed)
  forgetExecutor(turn, framework, executor.id)
  saveCompleted(turn, framework, completed)
  trimCompleted(turn, framework)
  turn.soon({ type: 'collect-sandbox', path: executor.directory })
  completeFrameworkIfIdle(turn, framework)
}

function trimCompleted(turn: Turn, framework: Framework): void {
  const excess = framework.completedExecutors.length - turn.state.config.completedExecutorsMax
  if (excess <= 0) return
  for (const completed of framework.completedExecutors.splice(0, excess)) forgetCompleted(turn, framework, completed)
}

/** A framework with nothing running and nothing owed moves to the completed ones. */
export function completeFrameworkIfIdle(turn: Turn, framework: Framework): void {
  if (framework.executors.size > 0 || framework.streams.size > 0) return
  if (!turn.state.frameworks.delete(framework.id)) return
  const { completedFrameworks, config } = turn.state
  completedFrameworks.push({ info: framework.info, completedExecutors: framework.completedExecutors })
  const excess = completedFrameworks.length - config.completedFrameworksMax
  if (excess > 0) for (const old of completedFrameworks.splice(0, excess)) dropCompleted(turn, old)
}

function dropCompleted(turn: Turn, completed: { readonly info: mesos.FrameworkInfo }): void {
  const id = completed.info.id?.value
  if (id !== undefined && completed.info.checkpoint === true) forgetFramework(turn, { id })
}
