import type { Quantities, Resources } from '@thermosphere/offer-engine'
import { add, charge, shareKey } from './role-ledger.ts'
import type { Agent, RoleName } from '../model.ts'

/** What all agents have together. It is compared with the agents when it is asked for: totals seldom change. */
export class Capacity {
  readonly #counted = new Map<Agent, Resources>()
  readonly #amounts = new Map<string, number>()
  readonly #reserved = new Map<RoleName, Map<string, number>>()

  /** Revocable amounts are under `<name>_revocable`. */
  get amounts(): Quantities {
    return this.#amounts
  }

  /** By the role itself, without those below it. */
  get reserved(): ReadonlyMap<RoleName, Quantities> {
    return this.#reserved
  }

  update(agents: ReadonlyMap<string, Agent>): this {
    for (const agent of agents.values()) {
      const before = this.#counted.get(agent)
      if (before === agent.total) continue
      if (before) this.#count(before, -1)
      this.#count(agent.total, 1)
      this.#counted.set(agent, agent.total)
    }
    if (this.#counted.size > agents.size) this.#forgetGone(agents)
    return this
  }

  #forgetGone(agents: ReadonlyMap<string, Agent>): void {
    for (const [agent, total] of this.#counted) {
      if (agents.get(agent.id) === agent) continue
      this.#count(total, -1)
      this.#counted.delete(agent)
    }
  }

  #count(total: Resources, sign: 1 | -1): void {
    for (const item of total.items) if (item.type === 'SCALAR') add(this.#amounts, shareKey(item), sign * item.milli)
    // Most agents have none, and to see that is faster than to group what there is.
    if (total.items.every(({ meta }) => meta.reservations.length === 0)) return
    for (const [role, resources] of total.reservations()) {
      for (const [name, milli] of resources.scalarQuantities()) charge(this.#reserved, [role, name], sign * milli)
    }
  }
}
