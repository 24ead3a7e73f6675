import type { Millis } from '@thermosphere/effects'
import type { Resources } from '../resources/index.ts'

/** A framework does not want these resources of this agent for this role, nor fewer of them, for some time. */
export interface DeclineFilter {
  readonly frameworkId: string
  readonly role: string
  readonly agentId: string
  readonly refused: Resources
  readonly expiresAt: Millis
  /** A filter outlives the batch run after it, however short its time. */
  readonly installedInBatch: number
  /** Tells the agent that its free resources are not known to be refused any more. */
  readonly lift: () => void
  live: boolean
}

/** Filters of one framework in one role, by agent. */
export type RoleFilters = ReadonlyMap<string, readonly DeclineFilter[]>

/** All decline filters, by framework, role and agent. */
export class DeclineFilters {
  private readonly byFramework = new Map<string, Map<string, Map<string, DeclineFilter[]>>>()
  /** A heap; dead filters leave it when they expire or when they are too many. */
  private expiries: DeclineFilter[] = []
  private readonly counts = new Map<string, number>()
  private liveCount = 0

  add(filter: DeclineFilter): void {
    const agents = this.agentsOf(filter.frameworkId, filter.role)
    const list = agents.get(filter.agentId) ?? []
    for (const old of list) if (isCoveredBy(old, filter)) this.retire(old)
    agents.set(filter.agentId, [...list.filter((old) => old.live), filter])
    this.counts.set(filter.role, (this.counts.get(filter.role) ?? 0) + 1)
    this.liveCount++
    pushHeap(this.expiries, filter)
    if (this.expiries.length > 2 * this.liveCount + deadFiltersMax) this.compact()
  }

  /** The same object as long as the framework is known. */
  forRole(frameworkId: string, role: string): RoleFilters {
    return this.agentsOf(frameworkId, role)
  }

  private agentsOf(frameworkId: string, role: string): Map<string, DeclineFilter[]> {
    const roles = getOrCreate(this.byFramework, frameworkId, () => new Map<string, Map<string, DeclineFilter[]>>())
    return getOrCreate(roles, role, () => new Map<string, DeclineFilter[]>())
  }

  /** Live filters of a role, for the metrics. */
  count(role: string): number {
    return this.counts.get(role) ?? 0
  }

  /** Drops what has expired and hands out the agents concerned. */
  expire(now: Millis, batch: number): string[] {
    const agents: string[] = []
    const kept: DeclineFilter[] = []
    for (let next = this.expiries[0]; next && next.expiresAt <= now; next = this.expiries[0]) {
      popHeap(this.expiries)
      if (!next.live) continue
      if (next.installedInBatch < batch) agents.push(this.remove(next))
      else kept.push(next)
    }
    for (const filter of kept) pushHeap(this.expiries, filter)
    return agents
  }

  /** Drops those of a framework; of one role if named. */
  dropFramework(frameworkId: string, role?: string): void {
    for (const [name, agents] of this.byFramework.get(frameworkId) ?? []) {
      if (role !== undefined && role !== name) continue
      for (const list of agents.values()) for (const filter of list) this.retire(filter)
      agents.clear()
    }
  }

  /** The framework is gone for good. */
  forgetFramework(frameworkId: string): void {
    this.dropFramework(frameworkId)
    this.byFramework.delete(frameworkId)
  }

  dropAgent(agentId: string): void {
    for (const roles of this.byFramework.values()) {
      for (const agents of roles.values()) {
        for (const filter of agents.get(agentId) ?? []) this.retire(filter)
        agents.delete(agentId)
      }
    }
  }

  private remove(filter: DeclineFilter): string {
    this.retire(filter)
    const agents = this.agentsOf(filter.frameworkId, filter.role)
    const rest = (agents.get(filter.agentId) ?? []).filter((other) => other !== filter)
    if (rest.length > 0) agents.set(filter.agentId, rest)
    else agents.delete(filter.agentId)
    return filter.agentId
  }

  private retire(filter: DeclineFilter): void {
    if (!filter.live) return
    filter.live = false
    filter.lift()
    this.liveCount--
    const left = (this.counts.get(filter.role) ?? 1) - 1
    if (left > 0) this.counts.set(filter.role, left)
    else this.counts.delete(filter.role)
  }

  private compact(): void {
    const live = this.expiries.filter((filter) => filter.live)
    this.expiries = []
    for (const filter of live) pushHeap(this.expiries, filter)
  }
}

/** So many dead filters may wait for their expiry beside as many as live. */
const deadFiltersMax = 1024

/** The newer filter refuses as much for as long. */
function isCoveredBy(old: DeclineFilter, filter: DeclineFilter): boolean {
  return (
    old.expiresAt <= filter.expiresAt &&
    old.installedInBatch <= filter.installedInBatch &&
    filter.refused.contains(old.refused)
  )
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const created = create()
  map.set(key, created)
  return created
}

/** A binary heap by expiry, the earliest first. */
function pushHeap(heap: DeclineFilter[], filter: DeclineFilter): void {
  let at = heap.push(filter) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if ((heap[parent] as DeclineFilter).expiresAt <= filter.expiresAt) break
    heap[at] = heap[parent] as DeclineFilter
    at = parent
  }
  heap[at] = filter
}

function popHeap(heap: DeclineFilter[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && earlier(heap, child + 1, child)) child++
    if ((heap[child] as DeclineFilter).expiresAt >= last.expiresAt) break
    heap[at] = heap[child] as DeclineFilter
    at = child
  }
  heap[at] = last
}

function earlier(heap: readonly DeclineFilter[], left: number, right: number): boolean {
  return (heap[left] as DeclineFilter).expiresAt < (heap[right] as DeclineFilter).expiresAt
}
