/** Drains go on until nothing is left of their agents, whatever becomes of who was told of them. */
import type { AgentState } from '@thermosphere/agent-core'
import type { Millis } from '@thermosphere/effects'
import type { Master } from '@thermosphere/master-core'
import { nameOf } from '../../hosts/agent/machine.ts'
import type { Machine } from '../../hosts/agent/machine.ts'
import type { SimProcess } from '../../kernel/index.ts'
import type { Report } from '../../world/report.ts'

/** An order is delayed for as long as a connection lives, and tasks have their grace. */
const carriedOutMsMax: Millis = 45_000

type Place = {
  readonly process: SimProcess
  readonly machine: Machine
  readonly state: Pick<AgentState, 'agentId' | 'link'>
}

export class DrainInvariants {
  readonly #report: Report
  /** By host, since when it runs something and its agent can be told to end that. */
  readonly #since = new Map<string, Millis>()

  constructor(report: Report) {
    this.#report = report
  }

  /** A leader's books after a step. */
  onStepped(master: Master): void {
    for (const { id, drain, connected, tasks, operations } of master.agents.values()) {
      if (drain?.state !== 'DRAINING' || !connected) continue
      // What comes of it may be on its way to the registry.
      const isSettled = !master.transitions.has(id) && master.entries.get(id)?.record.drain === drain
      if (isSettled && tasks.size + operations.size === 0)
        this.#report('idle-agents-are-drained', `${id} is there with nothing left on it, and still drains`)
    }
  }

  /** Called now and then for each agent, with the master that leads and is awake. */
  look({ process, machine, state }: Place, leader: Pick<Master, 'agents'> | undefined): void {
    const known = leader?.agents.get(state.agentId ?? '')
    const isThere = known?.connected === true && state.link.type === 'registered'
    const isAble = process.isUp && !process.isPaused && machine.disk.isCalm
    const left = machine.running().find(({ id }) => !machine.abandoned.has(id))
    if (known?.drain?.state !== 'DRAINING' || !isThere || !isAble || left === undefined)
      return void this.#since.delete(machine.name)
    const { now } = process.time
    const since = this.#since.get(machine.name) ?? now
    this.#since.set(machine.name, since)
    if (now - since > carriedOutMsMax)
      this.#report(
        'drains-are-carried-out',
        `${known.id} drains and is there, and ${nameOf(left)} still runs on its host`,
      )
  }
}
