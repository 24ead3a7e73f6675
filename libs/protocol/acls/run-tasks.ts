import type * as mesos from '../wire/mesos.gen.ts'
import { isPermitted } from './acls.ts'
import type { Acls } from './acls.ts'

/** Rules on `run_tasks`, which master and agent hold a framework to alike. */
export type TaskAsked = { readonly acls: Acls | undefined; readonly framework: mesos.FrameworkInfo }

const mayRunAs = ({ acls, framework: { principal } }: TaskAsked, user: string): boolean =>
  isPermitted(acls, 'run_tasks', { principal, object: user })

/** Why a task may not run as the user that it names, or its executor, or its framework. */
export function taskRefusal(asked: TaskAsked, task: mesos.TaskInfo): string | undefined {
  const user = task.command?.user ?? task.executor?.command?.user ?? asked.framework.user
  return mayRunAs(asked, user)
    ? undefined
    : `Task '${task.task_id.value}' is not authorized to launch as user '${user}'`
}

/** Why a group may not: all of it or nothing. */
export function groupRefusal(
  asked: TaskAsked,
  { executor, tasks }: { readonly executor: mesos.ExecutorInfo; readonly tasks: readonly mesos.TaskInfo[] },
): string | undefined {
  const user = executor.command?.user ?? asked.framework.user
  if (!mayRunAs(asked, user))
    return `Executor '${executor.executor_id.value}' is not authorized to launch as user '${user}'`
  return tasks.map((task) => taskRefusal(asked, task)).find((refusal) => refusal !== undefined)
}
