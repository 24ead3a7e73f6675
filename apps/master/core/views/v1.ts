import type { maintenance, master, mesos, quota } from '@thermosphere/protocol'
import type { Quantities } from '@thermosphere/offer-engine'
import { addQuantities } from '@thermosphere/offer-engine'
import { isOnMachine } from '../machines.ts'
import { operationWire } from '../operations.ts'
import { roleBooks } from '../roles.ts'
import type { Machine, Master } from '../model.ts'

type Response = master.Response

/** Answers of the calls that read something small, from the state alone; `answers/v1.ts` has the others. */
export const v1Views = {
  GET_OPERATIONS: (m: Master): Response => ({
    type: 'GET_OPERATIONS',
    get_operations: { operations: operationsOf(m) },
  }),
  GET_ROLES: (m: Master): Response => ({ type: 'GET_ROLES', get_roles: { roles: rolesOf(m) } }),
  GET_WEIGHTS: (m: Master): Response => {
    const weight_infos = weightsOf(m)
    return { type: 'GET_WEIGHTS', ...(weight_infos.length > 0 && { get_weights: { weight_infos } }) }
  },
  GET_QUOTA: (m: Master): Response => ({ type: 'GET_QUOTA', get_quota: { status: quotaStatus(m) } }),
  GET_MASTER: (m: Master): Response => ({
    type: 'GET_MASTER',
    get_master: { master_info: m.info, start_time: m.startedAt / 1000, elected_time: m.electedAt / 1000 },
  }),
  GET_MAINTENANCE_STATUS: (m: Master): Response => ({
    type: 'GET_MAINTENANCE_STATUS',
    get_maintenance_status: { status: maintenanceStatus(m) },
  }),
  GET_MAINTENANCE_SCHEDULE: (m: Master): Response => ({
    type: 'GET_MAINTENANCE_SCHEDULE',
    get_maintenance_schedule: { schedule: m.schedule },
  }),
} as const satisfies Partial<Record<master.Call_Type, (m: Master) => Response>>

const operationsOf = (m: Master): mesos.Operation[] =>
  [...m.agents.values()].flatMap((agent) => [...agent.operations.values()].map(operationWire))

/** Roles with frameworks or resources. */
const namesOf = ['cpus', 'mem', 'disk', 'gpus']

function rolesOf(m: Master): mesos.Role[] {
  return [...roleBooks(m)].map(([name, books]) => ({
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

const weightsOf = (m: Master): mesos.WeightInfo[] => [...m.weights].map(([role, weight]) => ({ role, weight }))

/** `infos` is the view of old clients: the guarantees as resources. */
export function quotaStatus(m: Master): quota.QuotaStatus {
  const configs = [...m.quotas.values()]
  if (configs.length === 0) return {}
  const infos = configs.map(({ role, guarantees }) => ({
    role,
    guarantee: Object.entries(guarantees ?? {}).map(([name, scalar]) => ({ name, type: 'SCALAR' as const, scalar })),
  }))
  return { infos, configs }
}

export function maintenanceStatus(m: Master): maintenance.ClusterStatus {
  const machines = [...m.machines.values()]
  const draining = machines
    .filter((machine) => machine.mode === 'DRAINING')
    .map((machine) => drainingMachine(m, machine))
  const down = machines.filter((machine) => machine.mode === 'DOWN').map((machine) => machine.id)
  return {
    ...(draining.length > 0 && { draining_machines: draining }),
    ...(down.length > 0 && { down_machines: down }),
  }
}

function drainingMachine(m: Master, machine: Machine): maintenance.ClusterStatus_DrainingMachine {
  const agents = [...m.agents.values()].filter((agent) => isOnMachine(agent, machine.id))
  const statuses = agents.flatMap((agent) => [...(m.inverseAnswers.get(agent.id)?.values() ?? [])])
  return { id: machine.id, ...(statuses.length > 0 && { statuses }) }
}
