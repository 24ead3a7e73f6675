/** What is guaranteed to a role is kept free for it, and offered to it. */
import type { Millis } from '@thermosphere/effects'
import type { Effect, Master } from '@thermosphere/master-core'
import { isReserved, Resources, topLevelRole } from '@thermosphere/offer-engine'
import type { Item } from '@thermosphere/offer-engine'
import type { Report } from '../../world/report.ts'

/** A role is offered what it lacks within that long: filters last 5 s, and a busy master looks at an agent a second. */
const servedMsMax: Millis = 30_000
const name = 'cpus'
/** Less than that is no offer worth waiting for. */
const noticeableMilli = 500

const countsAgainstQuota = (item: Item): boolean =>
  item.type === 'SCALAR' && !isReserved(item.meta) && item.meta.revocable === undefined

type Needs = { readonly missing: ReadonlyMap<string, number>; readonly free: number }

export class GuaranteeInvariants {
  readonly #report: Report
  readonly #count: (name: string) => void
  readonly #waitingSince = new Map<string, Millis>()

  constructor(report: Report, count: (name: string) => void) {
    this.#report = report
    this.#count = count
  }

  after(master: Master, effects: readonly Effect[]): void {
    const offers = effects.flatMap((effect) => (effect.type === 'event' ? (effect.event.offers?.offers ?? []) : []))
    if (offers.length === 0 || master.quotas.size === 0) return
    const { missing, free } = needsOf(master)
    const required = [...missing.values()].reduce((sum, milli) => sum + milli, 0)
    for (const { allocation_info, resources } of offers) {
      const role = topLevelRole(allocation_info?.role ?? '')
      this.#waitingSince.delete(role)
      const offered = Resources.fromWire(resources).filter(countsAgainstQuota).scalar(name)
      if (offered === 0 || free >= required || isWithinGuarantee(master, role)) continue
      const needs = [...missing].map(([other, milli]) => `${other} needs ${milli / 1000}`).join(', ')
      this.#report('guarantees-not-starved', `${role} is offered ${offered / 1000} cpus of ${free / 1000}, ${needs}`)
    }
  }

  /** Called now and then for a leader that is awake. */
  look(master: Master, now: Millis): void {
    const { missing } = needsOf(master)
    for (const role of this.#waitingSince.keys()) if (!master.quotas.has(role)) this.#waitingSince.delete(role)
    for (const role of master.quotas.keys()) {
      if ((missing.get(role) ?? 0) < noticeableMilli || !isServable(master, role)) {
        this.#waitingSince.delete(role)
        continue
      }
      const since = this.#waitingSince.get(role) ?? now
      this.#waitingSince.set(role, since)
      this.#count('guarantees waited for')
      if (now - since > servedMsMax)
        this.#report('guarantees-not-starved', `${role} lacks ${missing.get(role)} of its cpus, and none are offered`)
    }
  }

  /** Time does not count while nobody leads. */
  forget(): void {
    this.#waitingSince.clear()
  }
}

/** Of each role what is missing of its guarantee, and what is free in the cluster; in thousandths. */
function needsOf(master: Master): Needs {
  const missing = new Map<string, number>()
  for (const [role, { guarantees }] of master.quotas) {
    const guarantee = (guarantees?.[name]?.value ?? 0) * 1000
    const left = Math.max(0, guarantee - consumedBy(master, role))
    if (left > 0) missing.set(role, left)
  }
  let free = 0
  for (const id of master.agents.keys()) {
    const { total, allocations } = master.allocator.agentResources(id)
    const unreserved = total.filter(countsAgainstQuota).scalar(name)
    const taken = [...allocations.values()].map((one) => one.filter(countsAgainstQuota).scalar(name))
    free += unreserved - taken.reduce((sum, milli) => sum + milli, 0)
  }
  return { missing, free }
}

/** Reserved for the role or below it, in use or not, and unreserved that it has or is offered. */
export function consumedBy(master: Master, role: string, resource = name): number {
  const parts = [...master.agents.keys()].flatMap((id) => {
    const { total, allocations } = master.allocator.agentResources(id)
    const allocated = [...allocations.values()].flatMap((one) => [...one.filter(countsAgainstQuota).allocations()])
    return [...total.reservations(), ...allocated]
  })
  const own = parts.filter(([partOf]) => topLevelRole(partOf) === role)
  return own.reduce((sum, [, part]) => sum + part.scalar(resource), 0)
}

const isWithinGuarantee = (master: Master, role: string): boolean =>
  consumedBy(master, role) <= (master.quotas.get(role)?.guarantees?.[name]?.value ?? 0) * 1000

/** Somebody takes offers for it, and an agent has something that it may have. */
function isServable(master: Master, role: string): boolean {
  if (master.agentsAwaited !== undefined) return false
  const wants = [...master.frameworks.values()].some(
    ({ active, roles, suppressed }) =>
      active && roles.some((one) => topLevelRole(one) === role && !suppressed.has(one)),
  )
  if (!wants) return false
  return [...master.agents.values()].some((agent) => {
    if (!agent.connected || agent.deactivated || master.transitions.has(agent.id)) return false
    return (
      master.allocator.agentResources(agent.id).available.filter(countsAgainstQuota).scalar(name) >= noticeableMilli
    )
  })
}
