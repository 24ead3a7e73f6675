import { errorMessage } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { compileOfferConstraints, validateRole } from '@thermosphere/offer-engine'
import { capabilitiesOf, rolesOf } from '../frameworks.ts'
import { idProblem } from './ids.ts'
import type { Framework, Master } from '../model.ts'

type Check = (m: Master, info: mesos.FrameworkInfo) => string | undefined

const set = (items: Iterable<string>): string => `{ ${[...items].join(', ')} }`

const roleChecks: Check = (_m, info) => {
  const multiRole = capabilitiesOf(info).has('MULTI_ROLE')
  if (!multiRole) {
    if (info.roles?.length) return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
    const problem = validateRole(info.role ?? '*')
    return problem && `'FrameworkInfo.role' is not a valid role: ${problem}`
  }
  if (info.role !== undefined) return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
  return rolesProblem(info.roles ?? [])
}

function rolesProblem(roles: readonly string[]): string | undefined {
  const duplicates = new Set(roles.filter((role, index) => roles.indexOf(role) !== index))
  if (duplicates.size > 0) return `'FrameworkInfo.roles' contains duplicate items: ${[...duplicates].join(', ')}`
  for (const role of roles) {
    const problem = validateRole(role)
    if (problem !== undefined) return `'FrameworkInfo.roles' contains invalid role: ${problem}`
  }
  return undefined
}

const idCheck: Check = (_m, info) => {
  const id = info.id?.value
  const problem = id === undefined || id === '' ? undefined : idProblem(id)
  return problem && `'FrameworkInfo.id' is invalid: ${problem}`
}

/** A duration has 64 bits of nanoseconds. */
const failoverSecondsMax = 9_223_372_036

const failoverCheck: Check = (_m, info) => {
  const seconds = info.failover_timeout ?? 0
  const valid = Number.isFinite(seconds) && seconds >= 0 && seconds <= failoverSecondsMax
  return valid ? undefined : `The framework failover_timeout (${seconds}) is invalid`
}

const minimumCheck: Check = (_m, info) => {
  for (const [role, filters] of Object.entries(info.offer_filters ?? {})) {
    for (const minimum of filters.min_allocatable_resources?.quantities ?? []) {
      const quantities = Object.entries(minimum.quantities ?? {})
      if (quantities.length === 0)
        return `Invalid offer filters for role '${role}': resource quantities must contain at least one quantity`
      const bad = quantities.find(([, scalar]) => !Number.isFinite(scalar.value) || scalar.value < 0)
      if (bad) return `Invalid offer filters for role '${role}': invalid quantity for '${bad[0]}': ${bad[1].value}`
    }
  }
  return undefined
}

const whitelistCheck: Check = (m, info) => {
  if (!m.config.roles) return undefined
  const allowed = new Set(['*', ...m.config.roles])
  const refused = rolesOf(info).filter((role) => !allowed.has(role))
  return refused.length > 0 ? `Roles ${set(refused)} are not present in the master's --roles` : undefined
}

const rootCheck: Check = (m, info) =>
  info.user === 'root' && !m.config.rootSubmissions
    ? "User 'root' is not allowed to run frameworks without --root_submissions set"
    : undefined

const removedCheck: Check = (m, info) => {
  const id = info.id?.value
  const removed = id !== undefined && m.completedFrameworks.find((framework) => framework.id === id)
  return removed ? 'Framework has been removed' : undefined
}

const infoChecks: readonly Check[] = [roleChecks, idCheck, failoverCheck, minimumCheck, whitelistCheck, rootCheck]

function firstProblem(checks: readonly Check[], m: Master, info: mesos.FrameworkInfo): string | undefined {
  for (const check of checks) {
    const problem = check(m, info)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Why a framework may not subscribe with this description, in the order Mesos checks. */
export const subscribeProblem = (m: Master, info: mesos.FrameworkInfo): string | undefined =>
  firstProblem([...infoChecks, removedCheck], m, info)

/** Why the description itself is wrong. */
export const frameworkInfoProblem = (m: Master, info: mesos.FrameworkInfo): string | undefined =>
  firstProblem(infoChecks, m, info)

/** Why suppressed roles and offer constraints do not fit the subscribed roles. */
export function roleOptionsProblem(
  info: mesos.FrameworkInfo,
  suppressed: readonly string[],
  constraints: scheduler.OfferConstraints | undefined,
): string | undefined {
  const roles = new Set(rolesOf(info))
  const strangers = suppressed.filter((role) => !roles.has(role))
  if (strangers.length > 0) return `Suppressed roles ${set(strangers)} are not contained in the set of roles`
  const constrained = Object.keys(constraints?.role_constraints ?? {}).find((role) => !roles.has(role))
  if (constrained !== undefined) {
    return `Offer constraints specify 'role_constraints' for a role '${constrained}' not contained in the set of roles`
  }
  return constraintsProblem(constraints)
}

/** What the allocator cannot compile it must never be given. */
function constraintsProblem(constraints: scheduler.OfferConstraints | undefined): string | undefined {
  try {
    compileOfferConstraints(constraints)
    return undefined
  } catch (error) {
    // What is wrong with them is the answer that was asked for.
    return `Offer constraints are not valid: ${errorMessage(error)}`
  }
}

/** Why an UPDATE_FRAMEWORK may not change what it changes. */
export function frameworkUpdateProblem(framework: Framework, info: mesos.FrameworkInfo): string | undefined {
  const old = framework.info
  if ((old.principal ?? '') !== (info.principal ?? '')) return "Changing framework's principal is not allowed."
  if (old.user !== info.user) return unsupported('user', old.user, info.user)
  const [before, after] = [old.checkpoint ?? false, info.checkpoint ?? false]
  return before === after ? undefined : unsupported('checkpoint', String(before), String(after))
}

const unsupported = (field: string, from: string, to: string): string =>
  `Updating 'FrameworkInfo.${field}' is unsupported; attempted to update from '${from}' to '${to}'`
