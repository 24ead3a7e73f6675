/** Ending runs on request. */
import { awaitsCallback } from '../state.ts'
import type { Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endKilled, fail } from './outcome.ts'

/** Asks for the end of a run's task; its terminal update ends the run. */
export function killRun(turn: Turn, run: Run): void {
  run.killRequested = true
  // Its process has ended long ago: there is no task that could be killed.
  if (awaitsCallback(run)) return endKilled(turn, run)
  turn.saveRun(run)
  askToKill(turn, run)
}

/** Again after a reconnect: the first call may have been lost with the connection. */
export function askToKill(turn: Turn, { taskId, agentId }: Run): void {
  turn.call({
    type: 'KILL',
    kill: { task_id: { value: taskId }, ...(agentId !== undefined && { agent_id: { value: agentId } }) },
  })
}

/** The agent should have ended it long ago. It counts as a failure, unlike a kill that somebody asked for. */
export function onOvertime(turn: Turn, run: Run): void {
  if (run.state !== 'running') return
  run.isOvertime = true
  if (awaitsCallback(run)) {
    run.reason = 'overtime'
    run.message = 'no callback reported its end within maxCompletionTime'
    return fail(turn, run, { mayRetry: true })
  }
  turn.saveRun(run)
  askToKill(turn, run)
}
