import { encodeJson, encodeProtobuf, fromJsonObject, toJsonObject } from '@thermosphere/protocol'
import type { maintenance, mesos, quota } from '@thermosphere/protocol'
import type { Millis, StoreWrite } from '@thermosphere/effects'
import type {
  AgentEntry,
  AgentId,
  AgentRecord,
  GoneAgent,
  Machine,
  MachineMode,
  Master,
  RoleName,
  UnreachableAgent,
} from './model.ts'

/**
 * What survives a master: agents (admitted, unreachable, gone), machines and their schedule, quota, weights.
 * One key each under `master/`; frameworks, tasks and offers are rebuilt from who comes back.
 */
export const registryKeys = {
  prefix: 'master/',
  id: 'master/counters',
  admitted: (id: AgentId) => `master/agents/admitted/${id}`,
  unreachable: (id: AgentId) => `master/agents/unreachable/${id}`,
  gone: (id: AgentId) => `master/agents/gone/${id}`,
  quota: (role: RoleName) => `master/quota/${encodeURIComponent(role)}`,
  weight: (role: RoleName) => `master/weights/${encodeURIComponent(role)}`,
  schedule: 'master/maintenance/schedule',
  machine: (key: string) => `master/machines/${encodeURIComponent(key)}`,
} as const

/** The version that every stored value carries. */
export const registryVersion = 1

/** What a starting master finds. */
export interface Registry {
  readonly admitted: ReadonlyMap<AgentId, AgentRecord>
  readonly unreachable: ReadonlyMap<AgentId, UnreachableAgent>
  readonly gone: ReadonlyMap<AgentId, GoneAgent>
  readonly quotas: readonly quota.QuotaConfig[]
  readonly weights: ReadonlyMap<RoleName, number>
  readonly schedule: maintenance.Schedule
  readonly machines: readonly Machine[]
}

export const emptyRegistry: Registry = {
  admitted: new Map(),
  unreachable: new Map(),
  gone: new Map(),
  quotas: [],
  weights: new Map(),
  schedule: {},
  machines: [],
}

const value = (fields: object): string => JSON.stringify({ version: registryVersion, ...fields })
const put = (key: string, fields: object): StoreWrite => ({ type: 'put', key, value: value(fields) })
const remove = (key: string): StoreWrite => ({ type: 'delete', key })

const recordFields = (record: AgentRecord): object => ({
  info: toJsonObject('mesos.v1.AgentInfo', record.info),
  deactivated: record.deactivated,
  ...(record.drain && {
    drain: toJsonObject('mesos.v1.DrainInfo', record.drain),
    drainStartedAt: record.drainStartedAt,
  }),
})

/** As a starting master finds them. */
export function entriesOf({ admitted, unreachable }: Registry): Map<AgentId, AgentEntry> {
  const entries = new Map<AgentId, AgentEntry>()
  for (const [id, record] of unreachable) entries.set(id, { list: 'unreachable', record })
  for (const [id, record] of admitted) entries.set(id, { list: 'admitted', record })
  return entries
}

/** Whether the registry would keep the same of both. */
export function isSameInfo(a: mesos.AgentInfo, b: mesos.AgentInfo): boolean {
  const [left, right] = [encodeProtobuf('mesos.v1.AgentInfo', a), encodeProtobuf('mesos.v1.AgentInfo', b)]
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

type Entries = Pick<Master, 'entries'>

function putEntry({ entries }: Entries, id: AgentId, entry: AgentEntry): StoreWrite[] {
  entries.set(id, entry)
  const { admitted, unreachable } = registryKeys
  if (entry.list === 'admitted') return [put(admitted(id), recordFields(entry.record)), remove(unreachable(id))]
  return [remove(admitted(id)), put(unreachable(id), { ...recordFields(entry.record), at: entry.record.at })]
}

export const admit = (m: Entries, id: AgentId, record: AgentRecord): StoreWrite[] =>
  putEntry(m, id, { list: 'admitted', record })

export function moveToUnreachable(m: Entries, id: AgentId, at: Millis): StoreWrite[] {
  const entry = m.entries.get(id)
  return entry === undefined ? [] : putEntry(m, id, { list: 'unreachable', record: { ...entry.record, at } })
}

/** Wherever the agent is listed. */
export function changeRecord(m: Entries, id: AgentId, change: Partial<AgentRecord>): StoreWrite[] {
  const entry = m.entries.get(id)
  if (entry === undefined) return []
  const changed: AgentEntry =
    entry.list === 'admitted'
      ? { list: 'admitted', record: { ...entry.record, ...change } }
      : { list: 'unreachable', record: { ...entry.record, ...change } }
  return putEntry(m, id, changed)
}

export function removeAgent({ entries }: Entries, id: AgentId): StoreWrite[] {
  entries.delete(id)
  return [remove(registryKeys.admitted(id)), remove(registryKeys.unreachable(id))]
}

export const moveToGone = (m: Entries, id: AgentId, at: Millis): StoreWrite[] => [
  ...removeAgent(m, id),
  put(registryKeys.gone(id), { at }),
]

/** One whose return is being written is forgotten as unreachable only. */
export function forgetUnreachable({ entries }: Entries, id: AgentId): StoreWrite[] {
  if (entries.get(id)?.list === 'unreachable') entries.delete(id)
  return [remove(registryKeys.unreachable(id))]
}

export const forgetGone = (id: AgentId): StoreWrite[] => [remove(registryKeys.gone(id))]

/** A quota without guarantees and limits is the default and is not kept. */
export function putQuota(config: quota.QuotaConfig): StoreWrite {
  const empty = Object.keys(config.guarantees ?? {}).length + Object.keys(config.limits ?? {}).length === 0
  if (empty) return remove(registryKeys.quota(config.role))
  return put(registryKeys.quota(config.role), { config: toJsonObject('mesos.v1.quota.QuotaConfig', config) })
}

export const putWeight = (role: RoleName, weight: number): StoreWrite =>
  put(registryKeys.weight(role), { role, weight })

export const putSchedule = (schedule: maintenance.Schedule): StoreWrite =>
  put(registryKeys.schedule, { schedule: toJsonObject('mesos.v1.maintenance.Schedule', schedule) })

export function putMachine(
  key: string,
  id: mesos.MachineID,
  mode: MachineMode,
  unavailability?: mesos.Unavailability,
): StoreWrite {
  if (mode === 'UP') return remove(registryKeys.machine(key))
  const stored = unavailability && JSON.parse(encodeJson('mesos.v1.Unavailability', unavailability))
  return put(registryKeys.machine(key), {
    id: toJsonObject('mesos.v1.MachineID', id),
    mode,
    ...(stored && { unavailability: stored }),
  })
}

/** Wire objects out of parsed registry JSON; the shell has checked the outline. */
export const restore = {
  agentInfo: (json: unknown): mesos.AgentInfo => fromJsonObject('mesos.v1.AgentInfo', json),
  drain: (json: unknown): mesos.DrainInfo => fromJsonObject('mesos.v1.DrainInfo', json),
  quota: (json: unknown): quota.QuotaConfig => fromJsonObject('mesos.v1.quota.QuotaConfig', json),
  schedule: (json: unknown): maintenance.Schedule => fromJsonObject('mesos.v1.maintenance.Schedule', json),
  machineId: (json: unknown): mesos.MachineID => fromJsonObject('mesos.v1.MachineID', json),
  unavailability: (json: unknown): mesos.Unavailability => fromJsonObject('mesos.v1.Unavailability', json),
}
