/**
 * The network between the parts of a cluster. Every part is reached through a front that can hold back what goes one
 * way, as a partition does, and break connections, as the end of a process does.
 */
import { Front } from './front.ts'
import type { FrontPlace } from './front.ts'

/** Whoever is no part: the test itself, clients, tasks. */
export const outside = 'outside'

/** Which part opened the connection of this name. */
export type FindCaller = (connection: string) => Promise<string | undefined>

export type Direction = 'both' | 'forth' | 'back'

const pathOf = (from: string, to: string): string => `${from} > ${to}`

export class Network {
  readonly #fronts = new Map<string, Front>()
  readonly #blocked = new Set<string>()
  readonly #frozen = new Set<string>()
  readonly #findCaller: FindCaller
  readonly #onTraffic: () => void

  constructor(options: { readonly findCaller: FindCaller; readonly onTraffic: () => void }) {
    this.#findCaller = options.findCaller
    this.#onTraffic = options.onTraffic
  }

  /** From now on `part` can be reached at its front. */
  async open(part: string, place: FrontPlace): Promise<void> {
    const front = await Front.listen(place, {
      callerOf: async (connection) => (await this.#findCaller(connection)) ?? outside,
      mayPass: ({ from, to }) => this.#mayPass(from ?? part, to ?? part),
      onTraffic: this.#onTraffic,
    })
    this.#fronts.set(part, front)
  }

  /** Connections to and from the part break, and nobody answers at its front. */
  async close(part: string): Promise<void> {
    const front = this.#fronts.get(part)
    this.#fronts.delete(part)
    for (const other of this.#fronts.values()) other.dropFrom(part)
    await front?.close()
  }

  /** What goes from `a` to `b` (`forth`), from `b` to `a` (`back`) or both ways does not arrive. */
  partition(a: string, b: string, direction: Direction = 'both'): void {
    if (direction !== 'back') this.#blocked.add(pathOf(a, b))
    if (direction !== 'forth') this.#blocked.add(pathOf(b, a))
    this.#update()
  }

  /** What was held back arrives. Without names all partitions end. */
  heal(a?: string, b?: string): void {
    if (a === undefined || b === undefined) this.#blocked.clear()
    else for (const path of [pathOf(a, b), pathOf(b, a)]) this.#blocked.delete(path)
    this.#update()
  }

  /** Connections of the part stay and are silent. */
  freeze(part: string): void {
    this.#frozen.add(part)
    this.#update()
  }

  thaw(part: string): void {
    this.#frozen.delete(part)
    this.#update()
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#fronts.keys()].map((part) => this.close(part)))
  }

  #mayPass(from: string, to: string): boolean {
    return !this.#blocked.has(pathOf(from, to)) && !this.#frozen.has(from) && !this.#frozen.has(to)
  }

  #update(): void {
    for (const front of this.#fronts.values()) front.update()
  }
}
