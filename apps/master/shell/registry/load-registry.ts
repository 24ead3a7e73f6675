import { registryKeys, registryVersion, restore } from '@thermosphere/master-core'
import type { AgentRecord, GoneAgent, Machine, Registry, UnreachableAgent } from '@thermosphere/master-core'
import { WireError } from '@thermosphere/protocol'
import { listPages, parseStored, StoreError } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { z } from 'zod'
import { MASTER_LIMITS } from '../../limits.ts'
import { RegistrySize } from './registry-size.ts'

const versioned = { version: z.literal(registryVersion) }
const wire = z.record(z.string(), z.unknown())

const recordSchema = z.object({
  ...versioned,
  info: wire,
  deactivated: z.boolean(),
  drain: wire.optional(),
  drainStartedAt: z.number().optional(),
  at: z.number().optional(),
})
const goneSchema = z.object({ ...versioned, at: z.number() })
const quotaSchema = z.object({ ...versioned, config: wire })
const weightSchema = z.object({ ...versioned, role: z.string().min(1).max(4096), weight: z.number().positive() })
const scheduleSchema = z.object({ ...versioned, schedule: wire })
const machineSchema = z.object({
  ...versioned,
  id: wire,
  mode: z.enum(['UP', 'DRAINING', 'DOWN']),
  unavailability: wire.optional(),
})

type Building = {
  admitted: Map<string, AgentRecord>
  unreachable: Map<string, UnreachableAgent>
  gone: Map<string, GoneAgent>
  quotas: Registry['quotas'][number][]
  weights: Map<string, number>
  schedule: Registry['schedule']
  machines: Machine[]
}

/**
 * Reads the registry as a whole, with a `turn` for others after each page. A value that does not parse stops the start,
 * with its key.
 */
export async function loadRegistry(
  store: Store,
  size = new RegistrySize(),
  turn = (): Promise<void> => Promise.resolve(),
): Promise<Registry> {
  const registry: Building = {
    admitted: new Map(),
    unreachable: new Map(),
    gone: new Map(),
    quotas: [],
    weights: new Map(),
    schedule: {},
    machines: [],
  }
  for await (const entries of listPages(store, registryKeys.prefix, MASTER_LIMITS.registryPage)) {
    for (const entry of entries) {
      readChecked(registry, entry)
      size.read(entry.key, entry.value)
    }
    await turn()
  }
  return registry
}

/** What the outline does not show, a wire object inside the value that is none, is told with the key as well. */
function readChecked(registry: Building, entry: Entry): void {
  try {
    readEntry(registry, entry)
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause
    throw new StoreError('STORE_VALUE_INVALID', `the stored value of ${entry.key} is not valid: ${cause.message}`, {
      cause,
    })
  }
}

const idIn = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

function readEntry(registry: Building, { key, value }: Entry): void {
  const under = (prefix: string): boolean => key.startsWith(prefix)
  if (under('master/agents/admitted/')) registry.admitted.set(idIn(key), agentRecord(key, value))
  else if (under('master/agents/unreachable/')) registry.unreachable.set(idIn(key), unreachableRecord(key, value))
  else if (under('master/agents/gone/')) registry.gone.set(idIn(key), { at: parseStored(goneSchema, key, value).at })
  else if (under('master/quota/')) registry.quotas.push(restore.quota(parseStored(quotaSchema, key, value).config))
  else if (under('master/weights/')) readWeight(registry, key, value)
  else if (under('master/machines/')) registry.machines.push(machine(key, value))
  else if (key === registryKeys.schedule)
    registry.schedule = restore.schedule(parseStored(scheduleSchema, key, value).schedule)
}

function readWeight(registry: Building, key: string, value: string): void {
  const { role, weight } = parseStored(weightSchema, key, value)
  registry.weights.set(role, weight)
}

function agentRecord(key: string, value: string): AgentRecord {
  const stored = parseStored(recordSchema, key, value)
  return {
    info: restore.agentInfo(stored.info),
    deactivated: stored.deactivated,
    drain: stored.drain && restore.drain(stored.drain),
    drainStartedAt: stored.drainStartedAt ?? 0,
  }
}

function unreachableRecord(key: string, value: string): UnreachableAgent {
  return { ...agentRecord(key, value), at: parseStored(recordSchema, key, value).at ?? 0 }
}

function machine(key: string, value: string): Machine {
  const { id, mode, unavailability } = parseStored(machineSchema, key, value)
  return { id: restore.machineId(id), mode, unavailability: unavailability && restore.unavailability(unavailability) }
}
