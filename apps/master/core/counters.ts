/** Counters by metric name. They start at 0 and only grow. */
export interface Counters {
  add(name: string, by?: number): void
  entries(): IterableIterator<[string, number]>
  get(name: string): number
  find(name: string): number | undefined
  /** How many names there are. */
  readonly size: number
  /** Grows with every change. */
  readonly revision: number
}

/** Every name in `fixed` exists from the start: exporters warn about metrics that appear late. */
export function createCounters(fixed: readonly string[]): Counters {
  const values = new Map<string, number>(fixed.map((name) => [name, 0]))
  let revision = 0
  return {
    add(name, by = 1) {
      revision++
      values.set(name, (values.get(name) ?? 0) + by)
    },
    entries: () => values.entries(),
    get: (name) => values.get(name) ?? 0,
    find: (name) => values.get(name),
    get size() {
      return values.size
    },
    get revision() {
      return revision
    },
  }
}
