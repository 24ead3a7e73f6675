import type { Driver } from '../inputs.ts'
import type { Executor, ExecutorPlace, Queued } from '../state.ts'
import { reportTask } from '../tasks/statuses.ts'
import type { Turn } from '../turn.ts'

/** What differs with executors of the v0 protocol: a driver registers once, and comes back only when it is asked to. */

/** How long a driver that was asked has to come back before it is asked again. */
const RECONNECT_MS = 1000

export function reconnectTimerKey(executor: Executor): string {
  return `reconnect/${executor.frameworkId}/${executor.id}`
}

/** Whether this is the driver that the executor waits for. */
export function isExpected(executor: Executor, driver: Driver): boolean {
  return driver.isReturning ? executor.driverPid === driver.pid : executor.phase.type === 'registering'
}

/** Repeated until it is back, or its container has ended: a message to it may be lost. */
export function askToReconnect(turn: Turn, executor: Executor): void {
  const { agentId } = turn.state
  const { driverPid, connectionId, phase } = executor
  if (agentId === undefined || driverPid === undefined) return
  if (connectionId !== undefined || phase.type !== 'running') return
  turn.durable({ type: 'executor-reconnect', driverPid, agentId })
  turn.timer(reconnectTimerKey(executor), turn.now + RECONNECT_MS)
}

/** Drivers have no message for them. */
export function refuseGroup(turn: Turn, { framework, executor }: ExecutorPlace, { tasks }: Queued): void {
  for (const task of tasks) {
    executor.tasks.set(task.info.task_id.value, task)
    reportTask(
      turn,
      { framework, executor, task },
      {
        state: 'TASK_ERROR',
        source: 'SOURCE_AGENT',
        reason: 'REASON_TASK_GROUP_INVALID',
        message: `Executor '${executor.id}' speaks the v0 protocol, which has no task groups`,
      },
    )
  }
}
