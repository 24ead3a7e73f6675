import type { maintenance, master, mesos, quota } from '@thermosphere/protocol'
import type { Quantities } from '@thermosphere/offer-engine'
import { addQuantities } from '@thermosphere/offer-engine'
import { seesResource, seesRole } from '../access/sight.ts'
import type { Sight } from '../access/sight.ts'
import { isOnMachine } from '../machines.ts'
import { operationWire } from '../operations.ts'
import { roleBooks } from '../roles.ts'
import type { RoleBooks } from '../roles.ts'
import type { FrameworkId, Machine, Master, Operation, RoleName } from '../model.ts'

type Response = master.Response

/** Answers of the calls that read something small, from the state alone; `answers/v1.ts` has the others. */
export const v1Views = {
  GET_OPERATIONS: (m: Master, sight: Sight): Response => ({
    type: 'GET_OPERATIONS',
    get_operations: { operations: operationsOf(m, sight) },
  }),
  GET_ROLES: (m: Master, sight: Sight): Response => ({ type: 'GET_ROLES', get_roles: { roles: rolesOf(m, sight) } }),
  GET_WEIGHTS: (m: Master, sight: Sight): Response => {
    const weight_infos = weightsOf(m, sight)
    return { type: 'GET_WEIGHTS', ...(weight_infos.length > 0 && { get_weights: { weight_infos } }) }
  },
  GET_QUOTA: (m: Master, sight: Sight): Response => ({
    type: 'GET_QUOTA',
    get_quota: { status: quotaStatus(m, sight) },
  }),
  GET_MASTER: (m: Master): Response => ({
    type: 'GET_MASTER',
    get_master: { master_info: m.info, start_time: m.startedAt / 1000, elected_time: m.electedAt / 1000 },
  }),
  GET_MAINTENANCE_STATUS: (m: Master, sight: Sight): Response => ({
    type: 'GET_MAINTENANCE_STATUS',
    get_maintenance_status: { status: maintenanceStatus(m, sight) },
  }),
  GET_MAINTENANCE_SCHEDULE: (m: Master, sight: Sight): Response => ({
    type: 'GET_MAINTENANCE_SCHEDULE',
    get_maintenance_schedule: { schedule: schedule(m, sight) },
  }),
} as const satisfies Partial<Record<master.Call_Type, (m: Master, sight: Sight) => Response>>

const operationsOf = (m: Master, sight: Sight): mesos.Operation[] =>
  [...m.agents.values()].flatMap((agent) =>
    [...agent.operations.values()].filter((operation) => seesOperation(m, sight, operation)).map(operationWire),
  )

/** Its framework and all that it is about. */
function seesOperation(m: Master, sight: Sight, { frameworkId, info }: Operation): boolean {
  if (frameworkId !== undefined && !seesFrameworkId(m, sight, frameworkId)) return false
  return resourcesOf(info).every((resource) => seesResource(sight, resource))
}

/** One that has left is seen like those that still are of its user. */
function seesFrameworkId(m: Master, sight: Sight, id: FrameworkId): boolean {
  const framework = m.frameworks.get(id) ?? m.completedFrameworks.find((one) => one.id === id)
  return sight.may('view_frameworks', framework?.info.user)
}

function resourcesOf(operation: mesos.Offer_Operation): mesos.Resource[] {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  const lists = [reserve?.source, reserve?.resources, unreserve?.resources, create?.volumes, destroy?.volumes]
  return [...lists.flatMap((list) => list ?? []), grow?.volume, grow?.addition, shrink?.volume].filter(
    (resource) => resource !== undefined,
  )
}

/** Roles with frameworks or resources. */
const namesOf = ['cpus', 'mem', 'disk', 'gpus']

/** Of the roles that the reader sees, with the frameworks that it sees. */
export function seenRoleBooks(m: Master, sight: Sight): [RoleName, RoleBooks][] {
  const books = [...roleBooks(m)].filter(([name]) => seesRole(sight, name))
  if (!sight.limits('view_frameworks')) return books
  return books.map(([name, book]) => {
    const frameworks = book.frameworks.filter((id) => seesFrameworkId(m, sight, id))
    return [name, { ...book, frameworks }]
  })
}

function rolesOf(m: Master, sight: Sight): mesos.Role[] {
  return seenRoleBooks(m, sight).map(([name, books]) => ({
    name,
    weight: m.weights.get(name) ?? 1,
    frameworks: books.frameworks.map((value) => ({ value })),
    resources: scalarResources(addQuantities(books.allocated, books.offered)),
  }))
}

const scalarResources = (amounts: Quantities): mesos.Resource[] =>
  namesOf.flatMap((name) => {
    const milli = amounts.get(name)
    return milli ? [{ name, type: 'SCALAR' as const, scalar: { value: milli / 1000 } }] : []
  })

export const weightsOf = (m: Master, sight: Sight): mesos.WeightInfo[] =>
  [...m.weights].filter(([role]) => seesRole(sight, role)).map(([role, weight]) => ({ role, weight }))

/** `infos` is the view of old clients: the guarantees as resources. */
export function quotaStatus(m: Master, sight: Sight): quota.QuotaStatus {
  const configs = [...m.quotas.values()].filter(({ role }) => sight.may('get_quotas', role))
  if (configs.length === 0) return {}
  const infos = configs.map(({ role, guarantees }) => ({
    role,
    guarantee: Object.entries(guarantees ?? {}).map(([name, scalar]) => ({ name, type: 'SCALAR' as const, scalar })),
  }))
  return { infos, configs }
}

/** Machines are not told apart by rules: all are seen or none. */
export const schedule = (m: Master, sight: Sight): maintenance.Schedule =>
  sight.may('get_maintenance_schedules') ? m.schedule : {}

export function maintenanceStatus(m: Master, sight: Sight): maintenance.ClusterStatus {
  const machines = sight.may('get_maintenance_statuses') ? [...m.machines.values()] : []
  const draining = machines
    .filter((machine) => machine.mode === 'DRAINING')
    .map((machine) => drainingMachine(m, sight, machine))
  const down = machines.filter((machine) => machine.mode === 'DOWN').map((machine) => machine.id)
  return {
    ...(draining.length > 0 && { draining_machines: draining }),
    ...(down.length > 0 && { down_machines: down }),
  }
}

function drainingMachine(m: Master, sight: Sight, machine: Machine): maintenance.ClusterStatus_DrainingMachine {
  const agents = [...m.agents.values()].filter((agent) => isOnMachine(agent, machine.id))
  const answers = agents.flatMap((agent) => [...(m.inverseAnswers.get(agent.id)?.values() ?? [])])
  const statuses = answers.filter(({ framework_id }) => seesFrameworkId(m, sight, framework_id.value))
  return { id: machine.id, ...(statuses.length > 0 && { statuses }) }
}
