import { paths } from '../../../paths.ts'
import type { RunView } from '../job-view.ts'

/** The page of a run's task, log first; the agent is named so that the log opens after the master forgot the task. */
export function runPath(run: RunView): string | undefined {
  if (run.frameworkId === undefined || run.agentId === undefined || run.taskId === undefined) return undefined
  return paths.task(run.frameworkId, run.taskId, {
    agent: run.agentId,
    ...(run.executorId === undefined || run.executorId === run.taskId ? {} : { executor: run.executorId }),
  })
}
