import type { mesos } from '@thermosphere/protocol'
import { saveFramework } from '../checkpoint/checkpoint.ts'
import { completeExecutorIfDone, completeFrameworkIfIdle } from './completion.ts'
import { shutDownCustom } from './custom-executors.ts'
import { millisOf } from '../ids.ts'
import { killTaskRun } from '../tasks/kills.ts'
import type { Executor, Framework } from '../state.ts'
import { dropStreams, resendHeads } from '../tasks/status-updates.ts'
import { isTerminal } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'

/** The framework of a launch, made when it is new; `undefined` while it is going away. */
export function openFramework(turn: Turn, info: mesos.FrameworkInfo): Framework | undefined {
  const id = info.id?.value
  if (id === undefined || turn.state.shuttingDown) return undefined
  const existing = turn.state.frameworks.get(id)
  if (existing?.terminating === true) return undefined
  if (existing !== undefined) {
    existing.info = info
    return existing
  }
  const returning = turn.state.completedFrameworks.find((completed) => completed.info.id?.value === id)
  turn.state.completedFrameworks = turn.state.completedFrameworks.filter((completed) => completed !== returning)
  const framework = createFramework(id, info)
  framework.completedExecutors.push(...(returning?.completedExecutors ?? []))
  turn.state.frameworks.set(id, framework)
  return framework
}

/** A framework that has nothing here yet. */
export const createFramework = (id: string, info: mesos.FrameworkInfo): Framework => ({
  id,
  info,
  terminating: false,
  executors: new Map(),
  streams: new Map(),
  completedExecutors: [],
})

/** The framework changed or came back: what it has not acknowledged goes out again. */
export function updateFramework(turn: Turn, info: mesos.FrameworkInfo): void {
  const framework = turn.state.frameworks.get(info.id?.value ?? '')
  if (framework === undefined) return
  framework.info = info
  saveFramework(turn, framework)
  resendHeads(turn, framework)
}

export function shutDownFramework(turn: Turn, frameworkId: string): void {
  const framework = turn.state.frameworks.get(frameworkId)
  if (framework === undefined || framework.terminating) return
  framework.terminating = true
  dropStreams(turn, framework)
  for (const executor of [...framework.executors.values()]) {
    for (const task of executor.tasks.values()) task.acknowledged ||= isTerminal(task.state)
    shutDownExecutor(turn, framework, executor)
  }
  completeFrameworkIfIdle(turn, framework)
}

/** Asks an executor to end: its tasks are killed with the executor's grace. */
export function shutDownExecutor(turn: Turn, framework: Framework, executor: Executor): void {
  if (executor.phase.type === 'terminated') return completeExecutorIfDone(turn, framework, executor)
  if (executor.kind === 'custom') return shutDownCustom(turn, executor)
  const graceMs = millisOf(executor.info.shutdown_grace_period, turn.state.config.executorShutdownGraceMs)
  for (const task of [...executor.tasks.values()]) {
    if (!isTerminal(task.state)) killTaskRun(turn, { framework, executor, task }, { cause: 'shutdown', graceMs })
  }
}
