import type { master, mesos } from '@thermosphere/protocol'
import { toPostRefinement } from '@thermosphere/offer-engine'
import { isPermitted } from '@thermosphere/protocol/acls'
import type { Acls, Action } from '@thermosphere/protocol/acls'

/** So many values of one kind are remembered; users and roles are usually far fewer. */
const decidedMax = 10_000

/** What one reader may see. Objects are many and their users and roles few: each of those is decided once. */
export class Sight {
  readonly #acls: Acls | undefined
  readonly #principal: string | undefined
  readonly #decided = new Map<Action, Map<string | undefined, boolean>>()

  /** Who did not log in reads as anybody. */
  constructor(acls: Acls | undefined, principal: string | undefined) {
    this.#acls = acls
    this.#principal = principal
  }

  /** Whether an object of the action could be refused to somebody; without rules none is. */
  limits(action: Action): boolean {
    const { permissive = true, rules } = this.#acls ?? {}
    return !permissive || (rules?.get(action)?.length ?? 0) > 0
  }

  may(action: Action, object?: string): boolean {
    if (this.#acls === undefined || !this.limits(action)) return true
    const decided = this.#of(action)
    const known = decided.get(object)
    if (known !== undefined) return known
    const isSeen = isPermitted(this.#acls, action, { principal: this.#principal, object })
    if (decided.size >= decidedMax) decided.clear()
    decided.set(object, isSeen)
    return isSeen
  }

  #of(action: Action): Map<string | undefined, boolean> {
    const known = this.#decided.get(action) ?? new Map<string | undefined, boolean>()
    this.#decided.set(action, known)
    return known
  }
}

/** For those whom no rule is about: the master itself. */
export const everything: Sight = new Sight(undefined, undefined)

type Framework = Pick<mesos.FrameworkInfo, 'user'>

export const seesFramework = (sight: Sight, { user }: Framework): boolean => sight.may('view_frameworks', user)

/** Of a framework that is seen. */
export const seesTask = (sight: Sight, task: mesos.Task, { user }: Framework): boolean =>
  sight.may('view_tasks', task.user ?? user)

export const seesExecutor = (sight: Sight, { command }: mesos.ExecutorInfo, { user }: Framework): boolean =>
  sight.may('view_executors', command?.user ?? user)

export const seesRole = (sight: Sight, role: string): boolean => sight.may('view_roles', role)

/** A reservation is a path of roles: all of them, and the role that the resource is allocated to. */
export function rolesOfResource(resource: mesos.Resource): string[] {
  const { reservations = [], allocation_info: allocation } = toPostRefinement(resource)
  const reserved = reservations.flatMap(({ role }) => role ?? [])
  return allocation?.role === undefined ? reserved : [...reserved, allocation.role]
}

export const seesResource = (sight: Sight, resource: mesos.Resource): boolean =>
  rolesOfResource(resource).every((role) => seesRole(sight, role))

/** The same list if all of it is seen. */
export function seenResources(sight: Sight, resources: mesos.Resource[] | undefined): mesos.Resource[] | undefined {
  const seen = resources?.filter((resource) => seesResource(sight, resource))
  return seen === undefined || seen.length === resources?.length ? resources : seen
}

/** Without the resources of roles that are not seen; the same agent if there are none. */
export function withSeenResources(
  sight: Sight,
  agent: master.Response_GetAgents_Agent,
): master.Response_GetAgents_Agent {
  const lists = (['total_resources', 'allocated_resources', 'offered_resources'] as const).map(
    (name) => [name, seenResources(sight, agent[name])] as const,
  )
  const resources = seenResources(sight, agent.agent_info.resources)
  const isWhole = resources === agent.agent_info.resources && lists.every(([name, list]) => list === agent[name])
  if (isWhole) return agent
  return {
    ...agent,
    ...Object.fromEntries(lists),
    agent_info: { ...agent.agent_info, ...(resources && { resources }) },
  }
}
