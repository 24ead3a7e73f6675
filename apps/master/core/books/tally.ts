import { Resources } from '@thermosphere/offer-engine'

/** A sum as it was at one moment: a new object whenever it changed. */
export class Total {
  readonly #scalars: Resources
  readonly #others: readonly Resources[]
  #sum: Resources | undefined

  constructor(scalars: Resources, others: readonly Resources[]) {
    this.#scalars = scalars
    this.#others = others
  }

  /** Added up when it is first asked for. */
  get resources(): Resources {
    this.#sum ??= Resources.fromItems([...this.#scalars.items, ...this.#others.flatMap(({ items }) => items)])
    return this.#sum
  }
}

/**
 * Resources by whom or where they are held, and their sum. Scalars are summed as they come and go. Ranges and sets are
 * summed anew: those of several agents overlap, so that a sum does not tell what is left without one of them.
 */
export class Tally<K> {
  readonly #held = new Map<K, Resources>()
  readonly #others = new Map<K, Resources>()
  #scalars = Resources.empty
  #total: Total | undefined

  get byKey(): ReadonlyMap<K, Resources> {
    return this.#held
  }

  get total(): Total {
    this.#total ??= new Total(this.#scalars, [...this.#others.values()])
    return this.#total
  }

  add(key: K, resources: Resources): void {
    this.#put(key, (this.#held.get(key) ?? Resources.empty).add(resources))
    this.#scalars = this.#scalars.add(resources.scalars())
  }

  subtract(key: K, resources: Resources): void {
    this.#put(key, (this.#held.get(key) ?? Resources.empty).subtract(resources))
    this.#scalars = this.#scalars.subtract(resources.scalars())
  }

  /** All that the key holds. */
  remove(key: K): void {
    const held = this.#held.get(key)
    if (held) this.subtract(key, held)
  }

  #put(key: K, resources: Resources): void {
    this.#total = undefined
    const others = resources.filter((item) => item.type !== 'SCALAR')
    if (resources.isEmpty()) this.#held.delete(key)
    else this.#held.set(key, resources)
    if (others.isEmpty()) this.#others.delete(key)
    else this.#others.set(key, others)
  }
}
