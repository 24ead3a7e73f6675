import type { mesos } from '@thermosphere/protocol'
import { isPermitted } from '@thermosphere/protocol/acls'
import type { Acls, Action } from '@thermosphere/protocol/acls'
import type { AgentState } from '../state.ts'

/** What an executor's token says of it. */
export type ExecutorClaims = {
  readonly frameworkId: string
  readonly executorId: string
  readonly containerId: string
}

/** Who asks: somebody who logged in, an executor with its token, or nobody in particular. */
export type Asker =
  | { readonly type: 'anybody' }
  | { readonly type: 'principal'; readonly principal: string }
  | { readonly type: 'executor'; readonly claims: ExecutorClaims }

/** Rules and who is to be held to them. */
export type Access = { readonly acls: Acls | undefined; readonly asker: Asker }

/** Whether the rules let somebody do it. A token opens its executor's own containers and nothing else. */
export function may({ acls, asker }: Access, action: Action, object?: string): boolean {
  if (asker.type === 'executor') return false
  const principal = asker.type === 'principal' ? asker.principal : undefined
  return isPermitted(acls, action, { principal, object })
}

type WithInfo<T> = { readonly info: T }

/** The user that an executor runs as. */
export const executorUser = (
  framework: WithInfo<mesos.FrameworkInfo>,
  executor: WithInfo<mesos.ExecutorInfo>,
): string => executor.info.command?.user ?? framework.info.user

export const seesFramework = (access: Access, { info }: WithInfo<mesos.FrameworkInfo>): boolean =>
  may(access, 'view_frameworks', info.user)

/** Of a framework that is seen. */
export const seesExecutor = (
  access: Access,
  framework: WithInfo<mesos.FrameworkInfo>,
  executor: WithInfo<mesos.ExecutorInfo>,
): boolean => may(access, 'view_executors', executorUser(framework, executor))

/** Of an executor that is seen. */
export const seesTask = (
  access: Access,
  framework: WithInfo<mesos.FrameworkInfo>,
  { user }: Pick<mesos.Task, 'user'>,
): boolean => may(access, 'view_tasks', user ?? framework.info.user)

/** Every role that a resource is for has to be seen. */
export function seesResource(access: Access, resource: mesos.Resource): boolean {
  const reserved = (resource.reservations ?? []).map(({ role }) => role)
  const roles = [resource.role, ...reserved, resource.allocation_info?.role]
  return roles.every((role) => role === undefined || role === '*' || may(access, 'view_roles', role))
}

type SandboxOwner = { readonly frameworkId: string; readonly executorId: string }

/** Whether somebody may read what is in the sandboxes of an executor; of one that is forgotten, as of all. */
export function maySeeSandboxes(state: AgentState, access: Access, owner: SandboxOwner | undefined): boolean {
  const users = owner === undefined ? [] : sandboxUsers(state, owner)
  const asked = users.length === 0 ? [undefined] : users
  return asked.every((user) => may(access, 'access_sandboxes', user))
}

/** An executor's id can be used again, and by another user. */
function sandboxUsers(state: AgentState, { frameworkId, executorId }: SandboxOwner): string[] {
  const live = state.frameworks.get(frameworkId)
  const completed = state.completedFrameworks.filter(({ info }) => info.id?.value === frameworkId)
  const runs = [live, ...completed]
    .filter((framework) => framework !== undefined)
    .flatMap((framework) => framework.completedExecutors.map((executor) => ({ framework, executor })))
    .filter(({ executor }) => executor.id === executorId)
    .map(({ framework, executor }) => executorUser(framework, executor))
  const running = live?.executors.get(executorId)
  return live && running ? [executorUser(live, running), ...runs] : runs
}
