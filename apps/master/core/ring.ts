/** The newest `capacity` items, oldest first. */
export interface Ring<T> {
  push(item: T): void
  remove(matches: (item: T) => boolean): void
  find(matches: (item: T) => boolean): T | undefined
  values(): readonly T[]
}

/** A bounded history: the oldest item falls out when a new one does not fit. */
export function createRing<T>(capacity: number, onDrop: (item: T) => void = () => {}): Ring<T> {
  let items: T[] = []
  return {
    push(item) {
      items.push(item)
      // Amortised: a shift per push would move the whole array every time.
      if (items.length > 2 * capacity + 16) items = items.slice(-capacity)
      const dropped = items.length > capacity ? items[items.length - capacity - 1] : undefined
      if (dropped !== undefined) onDrop(dropped)
    },
    remove(matches) {
      items = items.filter((item) => !matches(item))
    },
    find: (matches) => visible(items, capacity).find(matches),
    values: () => visible(items, capacity),
  }
}

function visible<T>(items: readonly T[], capacity: number): readonly T[] {
  return items.length <= capacity ? items : items.slice(items.length - capacity)
}
