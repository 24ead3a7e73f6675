import type { Millis } from '@thermosphere/effects'
import type { AgentState } from './agent-state.ts'
import type { QuotaBooks } from '../quota/quota-books.ts'
import type { RunObserver } from '../types.ts'

/** A run that is due: over all agents, or over those that an event named. */
export interface DueRun {
  /** Filters that had ended by then do not count any more. */
  readonly now: Millis
  /** Batch runs before this one. */
  readonly batch: number
  readonly scope: 'all' | ReadonlySet<AgentState>
}

interface AgendaSurroundings {
  readonly agents: ReadonlyMap<string, AgentState>
  readonly quotas: QuotaBooks
  readonly intervalMs: Millis
  readonly observer: RunObserver | undefined
}

/** Which agents are to be looked at, and when. What has not changed since it was looked at is not looked at again. */
export class Agenda {
  batchCount = 0
  /** When the next run over all agents is due. */
  batchAt: Millis = 0
  private readonly intervalMs: Millis
  private readonly quotas: QuotaBooks
  private readonly observer: RunObserver | undefined
  private readonly agents: ReadonlyMap<string, AgentState>
  /** Agents that an event asks to be looked at now. */
  private wanted = new Set<AgentState>()
  private isAllWanted = false
  private isBatchWanted = false
  /** Agents where something changed since a run last found nothing to grant. */
  private unsettledCount = 0
  /** Those, and some that have been settled or have gone since they were put in. */
  private readonly listed: AgentState[] = []
  /** All agents that have not been looked at since some bound grew are known to be unsettled: up to here. */
  private sweptAt = 0

  constructor(surroundings: AgendaSurroundings) {
    this.agents = surroundings.agents
    this.quotas = surroundings.quotas
    this.intervalMs = surroundings.intervalMs
    this.observer = surroundings.observer
  }

  want(agent: AgentState): void {
    this.wanted.add(agent)
    this.observer?.wanted()
    this.unsettle(agent)
  }

  wantAll(): void {
    this.isAllWanted = true
    this.observer?.wanted()
    this.unsettleAll()
  }

  wantBatch(): void {
    this.isBatchWanted = true
    this.observer?.wanted()
  }

  get isRunWanted(): boolean {
    return this.isAllWanted || this.isBatchWanted || this.wanted.size > 0
  }

  unsettle(agent: AgentState | undefined): void {
    if (!agent) return
    agent.unsettle()
    this.list(agent)
  }

  private list(agent: AgentState): void {
    if (agent.isUnsettled) return
    agent.isUnsettled = true
    this.unsettledCount++
    if (agent.isListed) return
    agent.isListed = true
    this.listed.push(agent)
  }

  unsettleId(agentId: string): void {
    this.unsettle(this.agents.get(agentId))
  }

  unsettleAll(): void {
    if (this.unsettledCount === this.agents.size) return
    for (const agent of this.agents.values()) this.unsettle(agent)
  }

  /** A run has looked at the agent, when the quota books' clock stood at `at`. */
  settle(agent: AgentState, at: number): void {
    agent.settledAt = at
    this.leave(agent)
  }

  forget(agent: AgentState): void {
    this.wanted.delete(agent)
    this.leave(agent)
  }

  private leave(agent: AgentState): void {
    if (agent.isUnsettled) this.unsettledCount--
    agent.isUnsettled = false
  }

  /** What comes to be wanted from now on is for the next run. */
  start(now: Millis): DueRun | undefined {
    if (!this.isRunWanted) return undefined
    const scope = this.isBatchWanted || this.isAllWanted ? 'all' : this.wanted
    const batch = this.batchCount
    if (this.isBatchWanted) {
      this.batchCount++
      this.batchAt = now + this.intervalMs
    }
    this.isBatchWanted = false
    this.isAllWanted = false
    this.wanted = new Set()
    return { now, batch, scope }
  }

  /** The agents of the run that are worth a look. */
  candidates({ scope }: DueRun): readonly AgentState[] {
    if (scope !== 'all') return [...scope]
    this.quotas.watchSurplus()
    const { clock } = this.quotas
    if (this.sweptAt < clock) {
      for (const agent of this.agents.values()) if (agent.settledAt < clock) this.list(agent)
      this.sweptAt = clock
    }
    return this.compactList()
  }

  /** In place, and each agent is read once: of fifty thousand, most are in no cache. */
  private compactList(): readonly AgentState[] {
    const { listed } = this
    let count = 0
    for (const agent of listed) {
      agent.isListed = agent.isUnsettled
      if (agent.isListed) listed[count++] = agent
    }
    listed.length = count
    return listed
  }
}
