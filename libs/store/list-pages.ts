import type { Entry, ListOptions, Store } from './store.ts'

/** What lies below `prefix`, in key order, at most `limit` entries at a time. Each page is of a moment of its own. */
export async function* listPages(store: Store, prefix: string, limit: number): AsyncGenerator<readonly Entry[]> {
  for (let options: ListOptions | undefined = { limit }; options !== undefined;) {
    const { entries, more } = await store.list(prefix, options)
    yield entries
    const last = entries.at(-1)
    options = more && last !== undefined ? { limit, after: last.key } : undefined
  }
}
