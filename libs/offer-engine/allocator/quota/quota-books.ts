/**
 * How far each role is from its guarantees and limits, and how much is held back for the guarantees: kept up to date
 * with every change, so that a run need not add it up. `clock` moves whenever some bound leaves room for more than
 * before; an agent where nothing could be granted is worth another look only for roles whose bounds grew since.
 */
import type { Milli } from '../../resources/index.ts'
import type { Quota } from '../types.ts'
import { addAt } from '../vectors.ts'
import type { ScalarNames, Vector } from '../vectors.ts'

/** The bounds of one top-level role; its subtree counts for it. */
export interface RoleBounds {
  quota: Quota | undefined
  /** By index of a name: what is missing of the guarantee. */
  readonly unmet: Vector
  /** By index of a name: what may be added below the limit; an absent name is unlimited. */
  readonly left: Map<number, Milli>
  /** When a bound last grew. */
  grownAt: number
}

/** What a role has that counts. */
export interface Consumption {
  readonly reserved: Vector
  readonly consumed: Vector
  readonly bounds: RoleBounds
}

export function createBounds(): RoleBounds {
  return { quota: undefined, unmet: [], left: new Map(), grownAt: 0 }
}

export function hasUnmetGuarantee({ unmet }: RoleBounds): boolean {
  for (const milli of unmet) if (milli > 0) return true
  return false
}

export class QuotaBooks {
  clock = 1
  /** When the headroom that nobody needs last grew. */
  surplusGrownAt = 0
  limitCount = 0
  private guaranteeCount = 0
  /** By index of a name: what all unmet guarantees still need. */
  private readonly required: Vector = []
  private readonly surplusSeen: Vector = []
  private readonly names: ScalarNames
  /** What is free in the cluster and could serve a guarantee. */
  private readonly available: (index: number) => Milli

  constructor(names: ScalarNames, available: (index: number) => Milli) {
    this.names = names
    this.available = available
  }

  get isEmpty(): boolean {
    return this.limitCount === 0 && this.guaranteeCount === 0
  }

  set(role: Consumption, quota: Quota | undefined): void {
    this.count(role.bounds.quota, -1)
    this.count(quota, 1)
    role.bounds.quota = quota
    for (const [i, milli] of role.bounds.unmet.entries()) addAt(this.required, i, -milli)
    role.bounds.unmet.length = 0
    role.bounds.left.clear()
    this.refresh(role)
    role.bounds.grownAt = ++this.clock
  }

  private count(quota: Quota | undefined, sign: 1 | -1): void {
    if (quota && quota.guarantees.size > 0) this.guaranteeCount += sign
    if (quota && quota.limits.size > 0) this.limitCount += sign
  }

  /** To be called when what the role has changed. */
  refresh({ bounds, reserved, consumed }: Consumption): void {
    if (!bounds.quota) return
    for (const [name, guarantee] of bounds.quota.guarantees) {
      const i = this.names.indexOf(name)
      const missing = Math.max(0, guarantee - (reserved[i] ?? 0) - (consumed[i] ?? 0))
      const change = missing - (bounds.unmet[i] ?? 0)
      if (change === 0) continue
      addAt(bounds.unmet, i, change)
      addAt(this.required, i, change)
      if (change > 0) bounds.grownAt = ++this.clock
    }
    for (const [name, limit] of bounds.quota.limits) {
      const i = this.names.indexOf(name)
      const left = Math.max(0, limit - (reserved[i] ?? 0) - (consumed[i] ?? 0))
      if (left > (bounds.left.get(i) ?? Infinity)) bounds.grownAt = ++this.clock
      bounds.left.set(i, left)
    }
  }

  hasUnmetGuarantees(): boolean {
    for (const milli of this.required) if (milli > 0) return true
    return false
  }

  /** How much of a name may be granted beyond guarantees without touching what they need. */
  surplus(index: number): Milli {
    return Math.max(0, this.available(index) - (this.required[index] ?? 0))
  }

  /** Looks whether there is more surplus than when it was last looked at. */
  watchSurplus(): void {
    if (this.guaranteeCount === 0 && this.surplusSeen.length === 0) return
    const isBound = this.hasUnmetGuarantees()
    let hasGrown = false
    for (let i = 0; i < this.names.names.length; i++) {
      const surplus = isBound ? this.surplus(i) : Infinity
      if (surplus > (this.surplusSeen[i] ?? Infinity)) hasGrown = true
      this.surplusSeen[i] = surplus
    }
    if (hasGrown) this.surplusGrownAt = ++this.clock
  }
}
