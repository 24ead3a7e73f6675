import type { Millis } from '@thermosphere/effects'
import type { Resources } from '../../resources/index.ts'
import { ExpiryQueue } from './expiry-queue.ts'

/** The agent that a filter is about. */
export interface FilteredAgent {
  readonly id: string
  /** Its free resources are not known to be refused by this client any more. */
  liftRefusal(clientIndex: number): void
}

/** A framework does not want these resources of this agent for this role, nor fewer of them, for some time. */
export interface DeclineFilter {
  readonly frameworkId: string
  readonly role: string
  /** The framework in the role. */
  readonly clientIndex: number
  readonly agent: FilteredAgent
  readonly refused: Resources
  readonly expiresAt: Millis
  /** A filter outlives the batch run after it, however short its time. */
  readonly installedInBatch: number
  live: boolean
}

/** Filters of one framework in one role, by agent. */
export type RoleFilters = ReadonlyMap<string, readonly DeclineFilter[]>

/** Until when filters end, and how many of them may be looked at in one go. */
export interface ExpiryLimits {
  readonly now: Millis
  readonly batch: number
  readonly countMax: number
}

/** All decline filters, by framework, role and agent. */
export class DeclineFilters {
  private readonly byFramework = new Map<string, Map<string, Map<string, DeclineFilter[]>>>()
  private readonly expiries = new ExpiryQueue<DeclineFilter>()
  /** Their time is over, but not the batch run that they outlive. */
  private overdue: DeclineFilter[] = []
  private readonly counts = new Map<string, number>()
  private liveCount = 0

  add(filter: DeclineFilter): void {
    const agents = this.agentsOf(filter.frameworkId, filter.role)
    const list = agents.get(filter.agent.id)
    for (const old of list ?? []) if (isCoveredBy(old, filter)) this.retire(old)
    agents.set(filter.agent.id, list ? [...list.filter((old) => old.live), filter] : [filter])
    this.counts.set(filter.role, (this.counts.get(filter.role) ?? 0) + 1)
    this.liveCount++
    this.expiries.add(filter)
    this.expiries.compact(this.liveCount)
  }

  get isEmpty(): boolean {
    return this.liveCount === 0
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

  /** Drops what has expired and hands out the agents concerned; says how many filters it looked at. */
  expire({ now, batch, countMax }: ExpiryLimits, free: (agentId: string) => void): number {
    let count = 0
    for (; count < countMax; count++) {
      const filter = this.takeOverdue(batch) ?? this.expiries.takeDue(now)
      if (!filter) break
      if (!filter.live) continue
      if (filter.installedInBatch >= batch) this.overdue.push(filter)
      else free(this.remove(filter))
    }
    return count
  }

  /** What is overdue was put in during the batch that is now, or was then, the latest. */
  private takeOverdue(batch: number): DeclineFilter | undefined {
    const last = this.overdue.at(-1)
    return last && last.installedInBatch < batch ? this.overdue.pop() : undefined
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
    const list = agents.get(filter.agent.id) ?? []
    if (list.length <= 1) agents.delete(filter.agent.id)
    else
      agents.set(
        filter.agent.id,
        list.filter((other) => other !== filter),
      )
    return filter.agent.id
  }

  private retire(filter: DeclineFilter): void {
    if (!filter.live) return
    filter.live = false
    filter.agent.liftRefusal(filter.clientIndex)
    this.liveCount--
    const left = (this.counts.get(filter.role) ?? 1) - 1
    if (left > 0) this.counts.set(filter.role, left)
    else this.counts.delete(filter.role)
  }
}

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
