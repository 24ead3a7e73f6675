import type { Millis } from '@thermosphere/effects'
import { addQuantities } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { roleBooks } from '../roles.ts'
import { operationTypes } from './metric-names.ts'
import { isActive } from './v1-entities.ts'
import type { Master, RoleName } from '../model.ts'

type Put = (name: string, value: number) => void

/**
 * The metrics that follow from the state, by name, but for those of single frameworks. Amounts in MB and whole cpus,
 * percentages 0 to 1.
 */
export function masterMetrics(m: Master, now: Millis): Map<string, number> {
  const metrics = new Map<string, number>(m.counters.entries())
  const put: Put = (name, value) => void metrics.set(name, value)
  put('master/uptime_secs', (now - m.startedAt) / 1000)
  put('master/elected', 1)
  put('master/outstanding_offers', m.offers.size)
  put('master/operator_event_stream_subscribers', m.operatorStreams.size)
  for (const kind of ['messages', 'dispatches', 'http_requests']) put(`master/event_queue_${kind}`, 0)
  putAgents(m, put)
  putFrameworks(m, put)
  putMessages(m, put)
  putTasks(m, put)
  putOperations(m, put)
  m.capacity.update(m.agents)
  putResources(m, put)
  putAllocator(m, put)
  return metrics
}

function putAgents(m: Master, put: Put): void {
  let connected = 0
  let active = 0
  for (const agent of m.agents.values()) {
    if (agent.connected) connected++
    if (isActive(agent)) active++
  }
  put('master/slaves_connected', connected)
  put('master/slaves_disconnected', m.agents.size - connected)
  put('master/slaves_active', active)
  put('master/slaves_inactive', m.agents.size - active)
  put('master/slaves_unreachable', m.unreachableAgents.size)
}

function putFrameworks(m: Master, put: Put): void {
  const frameworks = [...m.frameworks.values()]
  const connected = frameworks.filter((framework) => framework.connection.state === 'connected').length
  const active = frameworks.filter((framework) => framework.active).length
  put('master/frameworks_connected', connected)
  put('master/frameworks_disconnected', frameworks.length - connected)
  put('master/frameworks_active', active)
  put('master/frameworks_inactive', frameworks.length - active)
}

/** There as long as a framework with the principal is. */
function putMessages(m: Master, put: Put): void {
  for (const { info } of m.frameworks.values()) {
    if (info.principal === undefined) continue
    const { received, processed } = m.messages.get(info.principal)
    put(`frameworks/${info.principal}/messages_received`, received)
    put(`frameworks/${info.principal}/messages_processed`, processed)
  }
}

function putTasks(m: Master, put: Put): void {
  const all = [...m.frameworks.values()]
  const count = (state: mesos.TaskState): number => all.reduce((sum, { tasks }) => sum + tasks.count(state), 0)
  put('master/tasks_staging', count('TASK_STAGING'))
  put('master/tasks_starting', count('TASK_STARTING'))
  put('master/tasks_running', count('TASK_RUNNING'))
  put('master/tasks_killing', count('TASK_KILLING'))
  put(
    'master/tasks_unreachable',
    all.reduce((sum, { unreachableTasks }) => sum + unreachableTasks.size, 0),
  )
}

function putOperations(m: Master, put: Put): void {
  for (const type of ['', ...operationTypes.map((type) => `${type}/`)]) {
    for (const state of ['total', 'pending', 'recovering', 'unreachable']) put(`master/operations/${type}${state}`, 0)
  }
  const totals = new Map<string, number>()
  const add = (name: string): void => void totals.set(name, (totals.get(name) ?? 0) + 1)
  for (const agent of m.agents.values()) {
    for (const operation of agent.operations.values()) {
      const type = (operation.info.type ?? 'unknown').toLowerCase()
      const state = operation.latest.state.toLowerCase().replace('operation_', '')
      for (const prefix of ['', `${type}/`]) {
        add(`master/operations/${prefix}total`)
        if (state === 'pending') add(`master/operations/${prefix}pending`)
      }
    }
  }
  for (const [name, value] of totals) put(name, value)
}

function putResources(m: Master, put: Put): void {
  const total = m.capacity.amounts
  const used = m.roleLedger.inUse
  for (const name of ['cpus', 'gpus', 'mem', 'disk']) {
    for (const kind of ['', '_revocable']) {
      const all = (total.get(name + kind) ?? 0) / 1000
      const taken = (used.get(name + kind) ?? 0) / 1000
      put(`master/${name}${kind}_total`, all)
      put(`master/${name}${kind}_used`, taken)
      put(`master/${name}${kind}_percent`, all === 0 ? 0 : taken / all)
    }
  }
}

function putAllocator(m: Master, put: Put): void {
  put('allocator/event_queue_dispatches', 0)
  put('allocator/mesos/event_queue_dispatches', 0)
  put('allocator/mesos/allocation_runs', m.allocator.runCount)
  const { amounts } = m.capacity
  const { inUse, onOffer } = m.roleLedger
  const sum = (books: Quantities, name: string): number =>
    (books.get(name) ?? 0) + (books.get(`${name}_revocable`) ?? 0)
  const capacity = new Map<string, number>()
  for (const name of ['cpus', 'mem', 'disk']) {
    const total = sum(amounts, name)
    capacity.set(name, total)
    put(`allocator/mesos/resources/${name}/total`, total / 1000)
    put(`allocator/mesos/resources/${name}/offered_or_allocated`, (sum(inUse, name) + (onOffer.get(name) ?? 0)) / 1000)
  }
  putRoles(m, capacity, put)
}

/** Names of a role's metrics: thousands of them are put together but once, and are quickly found to be the same. */
class RoleNames {
  readonly dominantShare: string
  readonly activeFilters: string
  readonly quotaPrefix: string
  readonly #consumed = new Map<string, string>()

  constructor(role: RoleName) {
    this.dominantShare = `allocator/mesos/roles/${role}/shares/dominant`
    this.activeFilters = `allocator/mesos/offer_filters/roles/${role}/active`
    this.quotaPrefix = `allocator/mesos/quota/roles/${role}/resources/`
  }

  consumed(resource: string): string {
    const name = this.#consumed.get(resource) ?? `${this.quotaPrefix}${resource}/consumed`
    this.#consumed.set(resource, name)
    return name
  }
}

const roleNames = new WeakMap<Master, Map<RoleName, RoleNames>>()

/** Of the roles that there are now. */
function namesOf(m: Master, roles: ReadonlyMap<RoleName, unknown>): ReadonlyMap<RoleName, RoleNames> {
  const names = roleNames.get(m) ?? new Map<RoleName, RoleNames>()
  roleNames.set(m, names)
  for (const role of roles.keys()) if (!names.has(role)) names.set(role, new RoleNames(role))
  if (names.size > roles.size) for (const role of names.keys()) if (!roles.has(role)) names.delete(role)
  return names
}

function putRoles(m: Master, capacity: ReadonlyMap<string, number>, put: Put): void {
  const roles = roleBooks(m)
  const names = namesOf(m, roles)
  for (const [role, books] of roles) {
    const named = names.get(role) ?? new RoleNames(role)
    const taken = addQuantities(books.allocated, books.offered)
    if (books.frameworks.length > 0) put(named.dominantShare, dominantShare(taken, capacity))
    put(named.activeFilters, m.allocator.filterCount(role))
    for (const [name, milli] of books.consumed) put(named.consumed(name), milli / 1000)
    const prefix = named.quotaPrefix
    const quota = m.quotas.get(role)
    for (const name of Object.keys({ ...quota?.guarantees, ...quota?.limits }))
      put(`${prefix}${name}/offered_or_allocated`, (taken.get(name) ?? 0) / 1000)
    for (const [name, scalar] of Object.entries(quota?.guarantees ?? {}))
      put(`${prefix}${name}/guarantee`, scalar.value)
    for (const [name, scalar] of Object.entries(quota?.limits ?? {})) put(`${prefix}${name}/limit`, scalar.value)
  }
}

function dominantShare(taken: Quantities, capacity: ReadonlyMap<string, number>): number {
  let most = 0
  for (const [name, milli] of taken) {
    const all = capacity.get(name)
    if (all) most = Math.max(most, milli / all)
  }
  return most
}
