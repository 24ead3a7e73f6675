/**
 * Lists that are kept in order: where an item belongs is searched by halves. Both ends are looked at first: who is
 * served was at the front, and most often goes to the back.
 */
type Compare<T> = (a: T, b: T) => number

export function insertSorted<T>(list: T[], item: T, compare: Compare<T>): void {
  if (list.length === 0 || compare(list.at(-1) as T, item) < 0) list.push(item)
  else list.splice(search(list, item, compare), 0, item)
}

/** Removes the item if it is in the list; it must still compare as when it was inserted. */
export function removeSorted<T>(list: T[], item: T, compare: Compare<T>): void {
  if (list[0] === item) return void list.shift()
  const at = search(list, item, compare)
  if (list[at] === item) list.splice(at, 1)
}

/** The first position whose item does not come before this one. */
function search<T>(list: readonly T[], item: T, compare: Compare<T>): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(list[middle] as T, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

interface Named {
  readonly path: string
}

export const byPath = (a: Named, b: Named): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
