import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { addQuantities, toMilli } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import type { Sight } from '../access/sight.ts'
import { quantityObject } from './classic-resources.ts'
import { array, double, entries, integer, object, raw, text } from './json.ts'
import type { Json } from './json.ts'
import { maintenanceStatus, quotaStatus, schedule, seenRoleBooks, weightsOf } from './v1.ts'
import { isActive } from './v1-entities.ts'
import type { Master } from '../model.ts'

/** What the state view shows of the process around the core. */
export interface ProcessView {
  readonly version: mesos.VersionInfo
  readonly flags: Readonly<Record<string, string>>
}

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

/** `/state` before its lists. */
export function stateHead(m: Master, sight: Sight, surroundings: ProcessView): Json {
  const agents = [...m.agents.values()]
  const activated = agents.filter(isActive).length
  const { version, flags } = surroundings
  const pid = m.info.pid ?? ''
  const hostname = m.info.hostname ?? ''
  const domain = m.info.domain && raw(encodeJson('mesos.v1.DomainInfo', m.info.domain))
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
    domain,
    leader: text(pid),
    leader_info: object({
      id: text(m.info.id),
      pid: text(pid),
      port: integer(m.info.port),
      hostname: text(hostname),
      domain,
    }),
    ...(sight.may('view_flags') && flagMembers(m, flags)),
  })
}

const flagMembers = (m: Master, flags: ProcessView['flags']): Record<string, Json | undefined> => ({
  cluster: m.config.cluster === undefined ? undefined : text(m.config.cluster),
  log_dir: flags['log_dir'] === undefined ? undefined : text(flags['log_dir']),
  external_log_file: flags['external_log_file'] === undefined ? undefined : text(flags['external_log_file']),
  flags: flagsObject(flags),
})

export function rolesView(m: Master, sight: Sight): Json {
  const roles = seenRoleBooks(m, sight).map(([name, books]) => {
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

export const weightsView = (m: Master, sight: Sight): Json =>
  array(weightsOf(m, sight).map(({ role, weight }) => object({ role: text(role ?? ''), weight: double(weight) })))

export const quotaView = (m: Master, sight: Sight): Json =>
  raw(encodeJson('mesos.v1.quota.QuotaStatus', quotaStatus(m, sight)))
export const scheduleView = (m: Master, sight: Sight): Json =>
  raw(encodeJson('mesos.v1.maintenance.Schedule', schedule(m, sight)))
export const maintenanceStatusView = (m: Master, sight: Sight): Json =>
  raw(encodeJson('mesos.v1.maintenance.ClusterStatus', maintenanceStatus(m, sight)))
