import type { Task } from '../../api/live/cluster-state.ts'
import type { Services } from '../../api/live/services-state.ts'

/** The service a task belongs to: Marathon's task ids begin with the app's path, `_` between its segments. */
export function serviceIdOfTask(task: Pick<Task, 'id'>, services: Services | undefined): string | undefined {
  const match =
    /^(.+)\.(?:instance-|marathon-)?[^.]+\._?[^.]+\.\d+$/.exec(task.id) ?? /^(.+)\.(?:instance-)[^.]+/.exec(task.id)
  const safe = match?.[1]
  if (safe === undefined) return undefined
  const id = `/${safe.replaceAll('_', '/')}`
  return services === undefined || services.apps.has(id) ? id : undefined
}

/** `ct:<due>:<attempt>:<job>:<arguments>` is a run of a job. */
export const jobNameOfTask = (taskId: string): string | undefined => /^ct:\d+:\d+:([\w .#-]+):?/.exec(taskId)?.[1]
