import type { Millis } from '@thermosphere/effects'
import type { Resources } from '@thermosphere/offer-engine'
import { addQuantities, Resources as Bag } from '@thermosphere/offer-engine'
import { roleBooks } from '../roles.ts'
import { double, entries } from './json.ts'
import type { Json } from './json.ts'
import { activeStates, operationTypes } from './metric-names.ts'
import { isActive, usedBy } from './v1-entities.ts'
import type { Framework, Master } from '../model.ts'

type Put = (name: string, value: number) => void

/** Every metric that follows from the state, by name. Amounts in MB and whole cpus, percentages 0 to 1. */
export function metricsView(m: Master, now: Millis): Map<string, number> {
  const metrics = new Map<string, number>(m.counters.entries())
  const put: Put = (name, value) => void metrics.set(name, value)
  put('master/uptime_secs', (now - m.startedAt) / 1000)
  put('master/elected', 1)
  put('master/outstanding_offers', m.offers.size)
  put('master/operator_event_stream_subscribers', m.operatorStreams.size)
  for (const kind of ['messages', 'dispatches', 'http_requests']) put(`master/event_queue_${kind}`, 0)
  putAgents(m, put)
  putFrameworks(m, put)
  putTasks(m, put)
  putOperations(m, put)
  putResources(m, put)
  putAllocator(m, put)
  if (m.config.publishPerFrameworkMetrics) for (const framework of m.frameworks.values()) putFramework(framework, put)
  return metrics
}

function putAgents(m: Master, put: Put): void {
  const agents = [...m.agents.values()]
  const connected = agents.filter((agent) => agent.connected).length
  const active = agents.filter(isActive).length
  put('master/slaves_connected', connected)
  put('master/slaves_disconnected', agents.length - connected)
  put('master/slaves_active', active)
  put('master/slaves_inactive', agents.length - active)
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

function putTasks(m: Master, put: Put): void {
  const counts = new Map<string, number>()
  let unreachable = 0
  for (const framework of m.frameworks.values()) {
    unreachable += framework.unreachableTasks.size
    for (const task of framework.tasks.values()) counts.set(task.wire.state, (counts.get(task.wire.state) ?? 0) + 1)
  }
  for (const state of ['staging', 'starting', 'running', 'killing'])
    put(`master/tasks_${state}`, counts.get(`TASK_${state.toUpperCase()}`) ?? 0)
  put('master/tasks_unreachable', unreachable)
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
  let total = Bag.empty
  let used = Bag.empty
  for (const agent of m.agents.values()) {
    total = total.add(agent.total)
    used = used.add(usedBy(agent))
  }
  for (const name of ['cpus', 'gpus', 'mem', 'disk']) {
    putShare(name, '', total.nonRevocable(), used.nonRevocable(), put)
    putShare(name, '_revocable', total.revocable(), used.revocable(), put)
  }
}

function putShare(name: string, kind: string, total: Resources, used: Resources, put: Put): void {
  const all = total.scalar(name) / 1000
  const taken = used.scalar(name) / 1000
  put(`master/${name}${kind}_total`, all)
  put(`master/${name}${kind}_used`, taken)
  put(`master/${name}${kind}_percent`, all === 0 ? 0 : taken / all)
}

function putAllocator(m: Master, put: Put): void {
  put('allocator/event_queue_dispatches', 0)
  put('allocator/mesos/event_queue_dispatches', 0)
  put('allocator/mesos/allocation_runs', m.allocator.runCount)
  const capacity = new Map<string, number>()
  for (const name of ['cpus', 'mem', 'disk']) {
    let total = 0
    let taken = 0
    for (const agent of m.agents.values()) {
      total += agent.total.scalar(name)
      for (const used of agent.used.values()) taken += used.scalar(name)
      for (const offer of agent.offers) taken += offer.resources.scalar(name)
    }
    capacity.set(name, total)
    put(`allocator/mesos/resources/${name}/total`, total / 1000)
    put(`allocator/mesos/resources/${name}/offered_or_allocated`, taken / 1000)
  }
  putRoles(m, capacity, put)
}

function putRoles(m: Master, capacity: ReadonlyMap<string, number>, put: Put): void {
  for (const [role, books] of roleBooks(m)) {
    const taken = addQuantities(books.allocated, books.offered)
    const shares = [...taken].map(([name, milli]) => (capacity.get(name) ? milli / (capacity.get(name) ?? 1) : 0))
    if (books.frameworks.length > 0) put(`allocator/mesos/roles/${role}/shares/dominant`, Math.max(0, ...shares))
    put(`allocator/mesos/offer_filters/roles/${role}/active`, m.allocator.filterCount(role))
    const prefix = `allocator/mesos/quota/roles/${role}/resources/`
    for (const [name, milli] of books.consumed) put(`${prefix}${name}/consumed`, milli / 1000)
    const quota = m.quotas.get(role)
    for (const name of Object.keys({ ...quota?.guarantees, ...quota?.limits }))
      put(`${prefix}${name}/offered_or_allocated`, (taken.get(name) ?? 0) / 1000)
    for (const [name, scalar] of Object.entries(quota?.guarantees ?? {}))
      put(`${prefix}${name}/guarantee`, scalar.value)
    for (const [name, scalar] of Object.entries(quota?.limits ?? {})) put(`${prefix}${name}/limit`, scalar.value)
  }
}

function putFramework(framework: Framework, put: Put): void {
  const prefix = `master/frameworks/${encodeURIComponent(framework.info.name)}/${framework.id}/`
  for (const [name, value] of framework.counters.entries()) put(prefix + name, value)
  put(`${prefix}subscribed`, framework.connection.state === 'connected' ? 1 : 0)
  for (const role of framework.roles) put(`${prefix}roles/${role}/suppressed`, framework.suppressed.has(role) ? 1 : 0)
  const counts = new Map<string, number>()
  for (const task of framework.tasks.values()) counts.set(task.wire.state, (counts.get(task.wire.state) ?? 0) + 1)
  for (const state of activeStates)
    put(`${prefix}tasks/active/task_${state}`, counts.get(`TASK_${state.toUpperCase()}`) ?? 0)
}

/** A snapshot as its endpoint writes it: one flat object, sorted by name. */
export const metricsObject = (metrics: ReadonlyMap<string, number>): Json =>
  entries([...metrics].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, double(value)] as const))
