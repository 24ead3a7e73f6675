import { addQuantities, roleAncestors } from '@thermosphere/offer-engine'
import type { Quantities, Resources } from '@thermosphere/offer-engine'
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
  const charge = (role: RoleName, field: Exclude<keyof Sums, 'frameworks'>, amounts: Quantities): void => {
    for (const name of [...roleAncestors(role), role]) sums(name)[field] = addQuantities(sums(name)[field], amounts)
  }
  for (const role of [...m.weights.keys(), ...m.quotas.keys(), ...(m.config.roles ?? [])]) sums(role)
  for (const framework of m.frameworks.values())
    for (const role of framework.roles) sums(role).frameworks.push(framework.id)
  for (const agent of m.agents.values()) {
    for (const [role, resources] of agent.total.reservations()) {
      charge(role, 'reserved', resources.scalarQuantities())
      charge(role, 'consumed', resources.scalarQuantities())
    }
    for (const used of agent.used.values()) chargeUsed(used, charge)
    for (const offer of agent.offers) charge(offer.role, 'offered', offer.resources.scalarQuantities())
  }
  for (const role of [...books.keys()]) for (const ancestor of roleAncestors(role)) sums(ancestor)
  return new Map([...books].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function chargeUsed(
  used: Resources,
  charge: (role: RoleName, field: 'allocated' | 'consumed', amounts: Quantities) => void,
): void {
  for (const [role, resources] of used.allocations()) {
    charge(role, 'allocated', resources.scalarQuantities())
    charge(role, 'consumed', resources.unreserved().nonRevocable().scalarQuantities())
  }
}

/** What counts against a role's quota: reservations and use, but not offers. */
export const consumption = (m: Master, role: RoleName): Quantities => roleBooks(m).get(role)?.consumed ?? none
