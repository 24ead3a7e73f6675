import { isReserved } from '@thermosphere/offer-engine'
import type { Item, Quantities, Resources } from '@thermosphere/offer-engine'
import type { RoleName } from '../model.ts'

type Amounts = Map<string, number>
type Sums = Map<RoleName, Amounts>

/** What is in use or on offer, of each role itself without those below it; kept up to date as it comes and goes. */
export class RoleLedger {
  readonly #allocated: Sums = new Map()
  /** Unreserved and not revocable, in use: counts against quota. */
  readonly #consumed: Sums = new Map()
  readonly #offered: Sums = new Map()
  readonly #inUse: Amounts = new Map()
  readonly #onOffer: Amounts = new Map()

  get allocated(): ReadonlyMap<RoleName, Quantities> {
    return this.#allocated
  }

  get consumed(): ReadonlyMap<RoleName, Quantities> {
    return this.#consumed
  }

  get offered(): ReadonlyMap<RoleName, Quantities> {
    return this.#offered
  }

  /** Of all roles; revocable amounts are under `<name>_revocable`. */
  get inUse(): Quantities {
    return this.#inUse
  }

  /** Of all roles and kinds. */
  get onOffer(): Quantities {
    return this.#onOffer
  }

  /** What one framework uses on one agent changes. */
  change(before: Resources | undefined, after: Resources | undefined): void {
    for (const item of before?.items ?? []) this.#use(item, -1)
    for (const item of after?.items ?? []) this.#use(item, 1)
  }

  offer(role: RoleName, resources: Resources): void {
    this.#offer(role, resources, 1)
  }

  withdraw(role: RoleName, resources: Resources): void {
    this.#offer(role, resources, -1)
  }

  #offer(role: RoleName, resources: Resources, sign: 1 | -1): void {
    for (const [name, milli] of resources.scalarQuantities()) {
      charge(this.#offered, [role, name], sign * milli)
      add(this.#onOffer, name, sign * milli)
    }
  }

  #use(item: Item, sign: 1 | -1): void {
    if (item.type !== 'SCALAR') return
    const { meta } = item
    const key = [meta.allocationRole ?? '*', meta.name] as const
    add(this.#inUse, shareKey(item), sign * item.milli)
    charge(this.#allocated, key, sign * item.milli)
    if (!isReserved(meta) && !meta.revocable) charge(this.#consumed, key, sign * item.milli)
  }
}

/** Under which name an amount counts where revocable ones are told apart. */
export const shareKey = ({ meta }: Item): string => (meta.revocable ? `${meta.name}_revocable` : meta.name)

/** Amounts that come to nothing are taken out. */
export function add(amounts: Amounts, name: string, milli: number): void {
  const sum = (amounts.get(name) ?? 0) + milli
  if (sum === 0) amounts.delete(name)
  else amounts.set(name, sum)
}

/** Roles without amounts are taken out: roles come and go. */
export function charge(sums: Sums, [role, name]: readonly [RoleName, string], milli: number): void {
  const amounts = sums.get(role) ?? new Map<string, number>()
  add(amounts, name, milli)
  if (amounts.size === 0) sums.delete(role)
  else sums.set(role, amounts)
}
