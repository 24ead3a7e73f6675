import { startCheckers } from '../tasks/checkers.ts'
import { completeFrameworkIfIdle } from '../executors/completion.ts'
import { onCustomEnded, onReregistrationTimer } from '../executors/custom-executors.ts'
import { askToReconnect } from '../executors/drivers.ts'
import { watchLoad } from '../executors/preemption.ts'
import { drainAgent } from '../drain.ts'
import type { AgentInput, RecoveredContainer } from '../inputs.ts'
import { resumeOperatorContainers } from '../operator-containers/index.ts'
import { beginShutdown } from '../shutdown.ts'
import { armEscalation } from '../tasks/kills.ts'
import { armMaxCompletion } from '../tasks/runs.ts'
import { resumeRemovals } from '../resources/operations.ts'
import { saveBoot } from './checkpoint.ts'
import type { ExecutorPlace, TaskPlace } from '../state.ts'
import { endExecutorIfIdle, endTask } from '../tasks/task-end.ts'
import { goneState } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'

/** The containerizers have answered: what still runs goes on, what is lost is reported, then a master is looked for. */
export function onRecovered(turn: Turn, { containers, cleanup }: Extract<AgentInput, { type: 'recovered' }>): void {
  const { state, now } = turn
  state.recoveredAt = now
  state.link = { type: 'disconnected' }
  saveBoot(turn)
  resumeRemovals(turn)
  const found = new Map(containers.map((container) => [container.containerId, container.state]))
  resumeOperatorContainers(turn, found)
  for (const framework of [...state.frameworks.values()]) {
    for (const executor of [...framework.executors.values()]) resumeExecutor(turn, { framework, executor }, found)
    completeFrameworkIfIdle(turn, framework)
  }
  // No master is looked for: nobody is to hear of an agent that only clears up.
  if (cleanup === true) return beginShutdown(turn, { message: '--recover=cleanup', unregister: false })
  const waits = [...state.frameworks.values()].some((framework) =>
    [...framework.executors.values()].some((executor) => executor.recovering),
  )
  if (waits) turn.timer('recovery', now + state.config.executorReregistrationTimeoutMs)
  else turn.soon({ type: 'connect' })
  if (state.drain !== undefined) drainAgent(turn, state.drain)
  watchLoad(turn)
}

type Found = ReadonlyMap<string, RecoveredContainer['state']>

function resumeExecutor(turn: Turn, { framework, executor }: ExecutorPlace, found: Found): void {
  if (executor.kind === 'custom') {
    const container = found.get(executor.containerId)
    if (container === undefined || container === 'lost') {
      executor.recovering = false
      turn.soon({ type: 'destroy', containerId: executor.containerId })
      onCustomEnded(turn, { framework, executor }, { message: 'Executor terminated' })
    } else if (container === 'running') askToReconnect(turn, executor)
    return
  }
  for (const task of [...executor.tasks.values()]) resumeTask(turn, { framework, executor, task }, found)
  if (executor.tasks.size === 0) endExecutorIfIdle(turn, framework, executor)
}

function resumeTask(turn: Turn, { framework, executor, task }: TaskPlace, found: Found): void {
  const { run, containerId } = task
  if (run === undefined || run.type === 'ended' || containerId === undefined) return
  const container = found.get(containerId)
  if (container === undefined || container === 'lost') {
    turn.soon({ type: 'destroy', containerId })
    endTask(
      turn,
      { framework, executor, task },
      {
        state: goneState(framework),
        source: 'SOURCE_AGENT',
        reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
        message: turn.state.rebooted
          ? 'The machine was rebooted'
          : 'The container did not survive the restart of the agent',
      },
    )
    return
  }
  // Its end is already known to the containerizer and comes as an input of its own.
  if (container === 'ended') return
  if (run.type === 'running') {
    startCheckers(turn, task, run.startedAt)
    armMaxCompletion(turn, task, run.startedAt)
  } else if (run.type === 'killing') {
    turn.soon({ type: 'signal', containerId, signal: 'SIGTERM' })
    armEscalation(turn, task)
  }
}

/** Executors that did not come back are ended, and the agent goes looking for its master. */
export function onRecoveryTimer(turn: Turn): void {
  for (const framework of turn.state.frameworks.values()) {
    for (const executor of framework.executors.values()) onReregistrationTimer(turn, framework, executor)
  }
  turn.soon({ type: 'connect' })
}
