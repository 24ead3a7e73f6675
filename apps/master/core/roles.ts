import { roleAncestors } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import { add } from './books/role-ledger.ts'
import type { FrameworkId, Master, RoleName } from './model.ts'

/** Amounts of a role and everything below it. */
export interface RoleBooks {
  readonly frameworks: readonly FrameworkId[]
  readonly allocated: Quantities
  readonly offered: Quantities
  readonly reserved: Quantities
  /** Reserved, in use or not, and unreserved in use. */
  readonly consumed: Quantities
}

interface Sums {
  frameworks: FrameworkId[]
  allocated: Map<string, number>
  offered: Map<string, number>
  reserved: Map<string, number>
  consumed: Map<string, number>
}

const none: Quantities = new Map()

/** All roles that anybody has to do with, and their ancestors, sorted by name. */
export function roleBooks(m: Master): Map<RoleName, RoleBooks> {
  const books = new Map<RoleName, Sums>()
  const sums = (role: RoleName): Sums => {
    const known = books.get(role) ?? {
      frameworks: [],
      allocated: new Map(),
      offered: new Map(),
      reserved: new Map(),
      consumed: new Map(),
    }
    books.set(role, known)
    return known
  }
  const charge = (field: Exclude<keyof Sums, 'frameworks'>, own: ReadonlyMap<RoleName, Quantities>): void => {
    for (const [role, amounts] of own) {
      for (const name of [...roleAncestors(role), role]) addTo(sums(name)[field], amounts)
    }
  }
  for (const role of [...m.weights.keys(), ...m.quotas.keys(), ...(m.config.roles ?? [])]) sums(role)
  for (const framework of m.frameworks.values())
    for (const role of framework.roles) sums(role).frameworks.push(framework.id)
  const { reserved } = m.capacity.update(m.agents)
  charge('reserved', reserved)
  charge('consumed', reserved)
  charge('allocated', m.roleLedger.allocated)
  charge('consumed', m.roleLedger.consumed)
  charge('offered', m.roleLedger.offered)
  for (const role of [...books.keys()]) for (const ancestor of roleAncestors(role)) sums(ancestor)
  return new Map([...books].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function addTo(sum: Map<string, number>, amounts: Quantities): void {
  for (const [name, milli] of amounts) add(sum, name, milli)
}

/** What counts against a role's quota: reservations and use, but not offers. */
export const consumption = (m: Master, role: RoleName): Quantities => roleBooks(m).get(role)?.consumed ?? none
