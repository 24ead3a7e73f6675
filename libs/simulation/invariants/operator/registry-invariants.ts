/** What the registry may say of an agent after what it said before, and what a master makes of that. */
import type { AgentState } from '@thermosphere/agent-core'
import type { Millis } from '@thermosphere/effects'
import type { Master } from '@thermosphere/master-core'
import type { Operation } from '@thermosphere/store'
import { nameOf } from '../../hosts/agent/machine.ts'
import type { Machine } from '../../hosts/agent/machine.ts'
import { endStates } from '../../hosts/scheduler/task-states.ts'
import type { Report } from '../../world/report.ts'

type Stored = { readonly deactivated?: boolean; readonly drain?: { readonly state?: string } }
type Host = { readonly state: AgentState; readonly machine: Machine; readonly isUp: boolean }

export type RegistryInvariantsOptions = {
  readonly report: Report
  /** The true time. */
  readonly now: () => Millis
  readonly count: (name: string) => void
  /** The host of an agent. */
  readonly hostOf: (agentId: string) => Host | undefined
}

/** What is asked may come that long after what was asked later: a master may stand still before it reads it. */
const arrivesMsMax: Millis = 100_000

const agentKey = /^master\/agents\/(admitted|unreachable|gone)\/(.+)$/

export class RegistryInvariants {
  readonly #options: RegistryInvariantsOptions
  readonly #records = new Map<string, Stored>()
  /** Those that the registry has ever had as drained. */
  readonly #drained = new Set<string>()
  /** When an operator last asked for them to be used again. */
  readonly #reactivated = new Map<string, Millis>()

  constructor(options: RegistryInvariantsOptions) {
    this.#options = options
  }

  onReactivate(agentId: string): void {
    this.#reactivated.set(agentId, this.#options.now())
  }

  onApplied(operations: readonly Operation[]): void {
    const removed = new Set<string>()
    for (const operation of operations) {
      if (operation.type === 'delete-prefix') continue
      const [, list, id] = agentKey.exec(operation.key) ?? []
      if (id === undefined) continue
      if (operation.type === 'delete') removed.add(id)
      else if (list !== 'gone') {
        this.#onRecord(id, JSON.parse(operation.value) as Stored)
        removed.delete(id)
      }
    }
    const kept = new Set(operations.flatMap((one) => (one.type === 'put' ? (agentKey.exec(one.key)?.[2] ?? []) : [])))
    for (const id of removed) if (!kept.has(id)) this.#records.delete(id)
  }

  /** A leader's books of the agents that are there. */
  look(master: Pick<Master, 'agents' | 'machines'>): void {
    for (const { id, drain } of master.agents.values())
      if (drain?.state === 'DRAINED' && !this.#drained.has(id))
        this.#options.report('drained-survives-failover', `${id} is drained for its master, not for the registry`)
    for (const { mode, id } of master.machines.values()) {
      if (mode !== 'DOWN') continue
      for (const agent of master.agents.values())
        if (agent.info.hostname === id.hostname)
          this.#options.report('no-task-on-machines-down', `${agent.id} is there, and its machine is down`)
    }
  }

  /** An agent is known to a leader that was elected later than its record was written. */
  onKnown(agentId: string, known: { readonly deactivated: boolean; readonly drainState: string | undefined }): void {
    const record = this.#records.get(agentId)
    if (record?.deactivated === true && !known.deactivated && !this.#reactivated.has(agentId))
      this.#options.report('drained-survives-failover', `${agentId} was deactivated, and its master uses it`)
    const state = record?.drain?.state
    if (state === 'DRAINED' && known.drainState !== state && !this.#reactivated.has(agentId))
      this.#options.report('drained-survives-failover', `${agentId} is drained, and ${known.drainState} for its master`)
  }

  #onRecord(id: string, record: Stored): void {
    const before = this.#records.get(id)
    this.#records.set(id, record)
    if (record.drain?.state === 'DRAINED') this.#drained.add(id)
    const isAsked = this.#reactivated.has(id)
    if (before?.deactivated === true && record.deactivated !== true && !isAsked)
      this.#options.report(
        'drained-survives-failover',
        `${id} was deactivated and is active, and nobody asked for that`,
      )
    if (record.drain?.state !== before?.drain?.state)
      this.#options.count(`agents ${record.drain?.state ?? 'reactivated'}`)
    const isOld = this.#options.now() - (this.#reactivated.get(id) ?? 0) > arrivesMsMax
    if (record.deactivated === true && before?.deactivated !== true && isOld) this.#reactivated.delete(id)
    // It may be drained again.
    if (before?.drain !== undefined && record.drain === undefined && !isAsked)
      this.#options.report('drained-survives-failover', `${id} was ${before.drain.state}, and the registry forgot it`)
    if (record.drain?.state === 'DRAINED' && before?.drain?.state === 'DRAINING') this.#checkIdle(id)
  }

  #checkIdle(id: string): void {
    const host = this.#options.hostOf(id)
    if (host?.isUp !== true) return
    const { state, machine } = host
    const executors = [...state.frameworks.values()].flatMap((framework) => [...framework.executors.values()])
    const tasks = executors.flatMap((executor) => [...executor.tasks.values()])
    const live = tasks.find((task) => !endStates.has(task.state))
    const running = machine.running().find(({ taskIds, id: own }) => taskIds.size > 0 && !machine.abandoned.has(own))
    if (live !== undefined)
      this.#options.report('drained-only-when-idle', `${id} is drained and has ${live.info.task_id.value}`)
    if (running !== undefined)
      this.#options.report('drained-only-when-idle', `${id} is drained, and ${nameOf(running)} runs on its host`)
  }
}
