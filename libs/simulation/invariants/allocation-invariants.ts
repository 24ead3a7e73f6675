/** What must hold of a master's allocations, whatever came in between the slices of a run. */
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { Resources, roleAncestors, topLevelRole } from '@thermosphere/offer-engine'
import type { scheduler } from '@thermosphere/protocol'
import type { Report } from '../world/report.ts'
import { consumedBy } from './stateful/guarantee-invariants.ts'

type Count = (name: string) => void

export class AllocationInvariants {
  readonly #report: Report
  readonly #count: Count
  /** What was looked at: resources are immutable, so the same ones need no second look. */
  #seen: readonly Resources[] = []
  #held: ReadonlyMap<string, Resources> = new Map()

  constructor(report: Report, count: Count) {
    this.#report = report
    this.#count = count
  }

  before(master: Master, input: Input): void {
    const isRest = input.type === 'timer' && input.key.startsWith('allocation')
    if (master.allocator.isInRun && !isRest) this.#count('inputs amid an allocation')
  }

  after(master: Master, effects: readonly Effect[]): void {
    if (master.allocator.isInRun) this.#count('allocations cut')
    const seen: Resources[] = []
    for (const id of master.agents.keys()) seen.push(...master.allocator.agentResources(id).allocations.values())
    if (seen.length !== this.#seen.length || seen.some((one, i) => one !== this.#seen[i])) {
      this.#seen = seen
      this.#held = byRole(seen)
      this.#checkRoles(master)
    }
    for (const effect of effects)
      if (effect.type === 'event' && effect.event.offers) this.#checkOffers(master, effect.event.offers)
  }

  #checkRoles(master: Master): void {
    const known = new Map(master.allocator.snapshot().map(({ role, offeredOrAllocated }) => [role, offeredOrAllocated]))
    for (const role of new Set([...known.keys(), ...this.#held.keys()])) {
      const held = this.#held.get(role) ?? Resources.empty
      const counted = known.get(role) ?? new Map<string, number>()
      const names = new Set([...counted.keys(), ...held.scalarQuantities().keys()])
      for (const name of names)
        if ((counted.get(name) ?? 0) !== held.scalar(name))
          this.#report('resources-conserved', `${role} has ${held}, and for the allocator ${name} is otherwise`)
    }
  }

  /** What is reserved for a role counts as its own, whether it is used or not, and is offered to it at any rate. */
  #checkOffers(master: Master, { offers = [] }: scheduler.Event_Offers): void {
    for (const { resources = [], allocation_info } of offers) {
      const role = topLevelRole(allocation_info?.role ?? '')
      const limits = Object.entries(master.quotas.get(role)?.limits ?? {})
      const offered = Resources.fromWire(resources).unreserved().nonRevocable()
      for (const [name, { value }] of limits) {
        if (offered.scalar(name) === 0) continue
        const consumed = consumedBy(master, role, name)
        if (consumed > value * 1000)
          this.#report(
            'limits-hold',
            `${role} may have ${value} ${name} and is offered more: it has ${consumed / 1000}`,
          )
      }
    }
  }
}

/** With all that is below it. */
function byRole(all: readonly Resources[]): Map<string, Resources> {
  const held = new Map<string, Resources>()
  for (const resources of all)
    for (const [role, part] of resources.allocations())
      for (const name of [role, ...roleAncestors(role)]) held.set(name, held.get(name)?.add(part) ?? part)
  return held
}
