import type { mesos } from '@thermosphere/protocol'
import { groupRefusal, isPermitted, taskRefusal } from '@thermosphere/protocol/acls'
import type { Action, TaskAsked } from '@thermosphere/protocol/acls'
import { toPostRefinement } from '@thermosphere/offer-engine'
import { rolesOf } from '../frameworks.ts'
import type { Framework, Master } from '../model.ts'

export const isApproved = (
  m: Master,
  action: Action,
  asked: { readonly principal: string | undefined; readonly object: string | undefined },
): boolean => isPermitted(m.config.acls, action, asked)

const by = (principal: string | undefined): string =>
  principal === undefined ? 'without a principal' : `as '${principal}'`

/** Why a framework may not have its roles. */
export function rolesRefusal(m: Master, info: mesos.FrameworkInfo): string | undefined {
  const { principal } = info
  const role = rolesOf(info).find((one) => !isApproved(m, 'register_frameworks', { principal, object: one }))
  return role === undefined ? undefined : `Not authorized to use role '${role}' ${by(principal)}`
}

const asked = (m: Master, framework: Framework): TaskAsked => ({ acls: m.config.acls, framework: framework.info })

/** Why an agent may not join with what it has reserved; agents have no principal here. */
export function agentRefusal(m: Master, { resources = [] }: mesos.AgentInfo): string | undefined {
  const principal = undefined
  if (!isApproved(m, 'register_agents', { principal, object: undefined }))
    return 'Not authorized to register agents without a principal'
  const fixed = resources.map(reservationOf).filter((reservation) => reservation?.type !== 'DYNAMIC')
  const reserved = fixed.flatMap((reservation) => reservation?.role ?? [])
  const role = reserved.find((one) => !isApproved(m, 'reserve_resources', { principal, object: one }))
  return role === undefined ? undefined : `Not authorized to reserve resources for role '${role}' without a principal`
}

/** Why a task may not run as its user. */
export const launchRefusal = (m: Master, framework: Framework, task: mesos.TaskInfo): string | undefined =>
  taskRefusal(asked(m, framework), task)

/** Why a group may not: all of it or nothing. */
export const groupLaunchRefusal = (
  m: Master,
  framework: Framework,
  group: { readonly executor: mesos.ExecutorInfo; readonly tasks: readonly mesos.TaskInfo[] },
): string | undefined => groupRefusal(asked(m, framework), group)

/** Asked one by one, as Mesos does. */
type Wanted = { readonly action: Action; readonly objects: readonly (string | undefined)[]; readonly what: string }

/** Why somebody, a framework or an operator, may not change reservations or volumes so. */
export function operationRefusal(
  m: Master,
  operation: mesos.Offer_Operation,
  principal: string | undefined,
): string | undefined {
  const refused = wantedBy(operation).find(({ action, objects }) =>
    objects.some((object) => !isApproved(m, action, { principal, object })),
  )
  return refused && `Not authorized to ${refused.what} ${by(principal)}`
}

const reservationOf = (resource: mesos.Resource): mesos.Resource_ReservationInfo | undefined =>
  toPostRefinement(resource).reservations?.at(-1)

const roles = (resources: readonly mesos.Resource[] = []): (string | undefined)[] =>
  resources.map((resource) => reservationOf(resource)?.role)

const reservers = (resources: readonly mesos.Resource[] = []): (string | undefined)[] =>
  resources.map(reservationOf).flatMap((reservation) => (reservation ? [reservation.principal] : []))

const creators = (volumes: readonly mesos.Resource[] = []): (string | undefined)[] =>
  volumes.map((volume) => volume.disk?.persistence?.principal)

function wantedBy(operation: mesos.Offer_Operation): Wanted[] {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  const resized = grow?.volume ?? shrink?.volume
  const wanted: Wanted[] = []
  const want = (action: Action, what: string, objects: readonly (string | undefined)[]): void =>
    void wanted.push({ action, what, objects })
  if (reserve) want('reserve_resources', 'reserve resources', roles(reserve.resources))
  if (reserve?.source) want('unreserve_resources', 'unreserve resources', reservers(reserve.source))
  if (unreserve) want('unreserve_resources', 'unreserve resources', reservers(unreserve.resources))
  if (create) want('create_volumes', 'create persistent volumes', roles(create.volumes))
  if (destroy) want('destroy_volumes', 'destroy persistent volumes', creators(destroy.volumes))
  if (resized) want('resize_volumes', 'resize persistent volumes', roles([resized]))
  return wanted
}
