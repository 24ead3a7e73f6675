import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { addQuantities, toMilli } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import { roleBooks } from '../roles.ts'
import { classicAgent, classicAgentFull, classicRecoveredAgent } from './classic-agent.ts'
import { classicFramework } from './classic-framework.ts'
import { quantityObject } from './classic-resources.ts'
import { classicTask } from './classic-task.ts'
import { array, double, entries, integer, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { maintenanceStatus, quotaStatus } from './v1.ts'
import { isActive } from './v1-entities.ts'
import type { Master, Task } from '../model.ts'

/** What the state view shows of the process around the core. */
export interface ProcessView {
  readonly version: mesos.VersionInfo
  readonly flags: Readonly<Record<string, string>>
}

const empty = array([])

export const versionView = ({ version }: ProcessView): Json => {
  const { git_sha, git_branch, git_tag } = version
  const optional = (value: string | undefined): Json | undefined => (value === undefined ? undefined : text(value))
  return object({
    build_date: text(version.build_date ?? ''),
    build_time: double(version.build_time ?? 0),
    build_user: text(version.build_user ?? ''),
    git_branch: optional(git_branch),
    git_sha: optional(git_sha),
    git_tag: optional(git_tag),
    version: text(version.version),
  })
}

export const flagsObject = (flags: Readonly<Record<string, string>>): Json =>
  entries(Object.entries(flags).map(([name, value]) => [name, text(value)] as const))

export function stateView(m: Master, surroundings: ProcessView): Json {
  const agents = [...m.agents.values()]
  const activated = agents.filter(isActive).length
  const { version, flags } = surroundings
  const pid = m.info.pid ?? ''
  const hostname = m.info.hostname ?? ''
  return object({
    version: text(version.version),
    git_sha: version.git_sha === undefined ? undefined : text(version.git_sha),
    git_branch: version.git_branch === undefined ? undefined : text(version.git_branch),
    build_date: text(version.build_date ?? ''),
    build_time: double(version.build_time ?? 0),
    build_user: text(version.build_user ?? ''),
    start_time: double(m.startedAt / 1000),
    elected_time: double(m.electedAt / 1000),
    id: text(m.info.id),
    pid: text(pid),
    hostname: text(hostname),
    capabilities: array((m.info.capabilities ?? []).map((capability) => text(capability.type ?? 'UNKNOWN'))),
    activated_slaves: double(activated),
    deactivated_slaves: double(agents.length - activated),
    unreachable_slaves: double(m.unreachableAgents.size),
    domain: m.info.domain && raw(encodeJson('mesos.v1.DomainInfo', m.info.domain)),
    leader: text(pid),
    leader_info: object({ id: text(m.info.id), pid: text(pid), port: integer(m.info.port), hostname: text(hostname) }),
    cluster: m.config.cluster === undefined ? undefined : text(m.config.cluster),
    log_dir: flags['log_dir'] === undefined ? undefined : text(flags['log_dir']),
    flags: flagsObject(flags),
    slaves: array(agents.map(classicAgent)),
    recovered_slaves: array([...m.recoveredAgents].map(([id, record]) => classicRecoveredAgent(id, record))),
    frameworks: array([...m.frameworks.values()].map((framework) => classicFramework(m, framework))),
    completed_frameworks: array(m.completedFrameworks.values().map((framework) => classicFramework(m, framework))),
    orphan_tasks: empty,
    unregistered_frameworks: empty,
  })
}

export function slavesView(m: Master, slaveId: string | undefined): Json {
  const agents = [...m.agents.values()].filter((agent) => slaveId === undefined || agent.id === slaveId)
  const recovered = [...m.recoveredAgents].filter(([id]) => slaveId === undefined || id === slaveId)
  return object({
    slaves: array(agents.map(classicAgentFull)),
    recovered_slaves: array(recovered.map(([id, record]) => classicRecoveredAgent(id, record))),
  })
}

export function frameworksView(m: Master, frameworkId: string | undefined): Json {
  const wanted = (framework: { readonly id: string }): boolean =>
    frameworkId === undefined || framework.id === frameworkId
  return object({
    frameworks: array([...m.frameworks.values()].filter(wanted).map((framework) => classicFramework(m, framework))),
    completed_frameworks: array(
      m.completedFrameworks
        .values()
        .filter(wanted)
        .map((framework) => classicFramework(m, framework)),
    ),
    unregistered_frameworks: empty,
  })
}

export interface TaskQuery {
  readonly frameworkId: string | undefined
  readonly taskId: string | undefined
  readonly limit: number
  readonly offset: number
  readonly order: 'asc' | 'desc'
}

/** Running, unreachable and completed tasks together, by the time of their first status. */
export function tasksView(m: Master, query: TaskQuery): Json {
  const { frameworkId, taskId, offset, limit, order } = query
  const frameworks = [...m.frameworks.values(), ...m.completedFrameworks.values()].filter(
    (framework) => frameworkId === undefined || framework.id === frameworkId,
  )
  const all = frameworks
    .flatMap((framework): Task[] => [
      ...framework.tasks.values(),
      ...framework.unreachableTasks.values(),
      ...framework.completedTasks.values(),
    ])
    .filter((task) => taskId === undefined || task.id === taskId)
  const first = (task: Task): number => task.wire.statuses?.[0]?.timestamp ?? 0
  const sign = order === 'asc' ? 1 : -1
  const sorted = all.sort((a, b) => sign * (first(a) - first(b)))
  return object({ tasks: array(sorted.slice(offset, offset + limit).map((task) => classicTask(task.wire))) })
}

export function rolesView(m: Master): Json {
  const roles = [...roleBooks(m)].map(([name, books]) => {
    const config = m.quotas.get(name)
    return object({
      name: text(name),
      weight: double(m.weights.get(name) ?? 1),
      quota: object({
        role: text(name),
        guarantee: quantityObject(milli(config?.guarantees)),
        limit: quantityObject(milli(config?.limits)),
        consumed: quantityObject(books.consumed),
      }),
      resources: quantityObject(addQuantities(books.allocated, books.offered)),
      allocated: quantityObject(books.allocated),
      offered: quantityObject(books.offered),
      reserved: quantityObject(books.reserved),
      frameworks: array(books.frameworks.map(text)),
    })
  })
  return object({ roles: array(roles) })
}

const milli = (amounts: Record<string, mesos.Value_Scalar> | undefined): Quantities =>
  new Map(Object.entries(amounts ?? {}).map(([name, scalar]) => [name, toMilli(scalar.value)]))

export const weightsView = (m: Master): Json =>
  array([...m.weights].map(([role, weight]) => object({ role: text(role), weight: double(weight) })))

export const quotaView = (m: Master): Json => raw(encodeJson('mesos.v1.quota.QuotaStatus', quotaStatus(m)))
export const scheduleView = (m: Master): Json => raw(encodeJson('mesos.v1.maintenance.Schedule', m.schedule))
export const maintenanceStatusView = (m: Master): Json =>
  raw(encodeJson('mesos.v1.maintenance.ClusterStatus', maintenanceStatus(m)))
