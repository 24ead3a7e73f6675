/** A part of a store under a prefix of its own, as every application has one. */
import type { Entry, Operation, Store } from '@thermosphere/store'

export function prefixed(store: Store, prefix: string): Store {
  const inner = (entry: Entry): Entry => ({ ...entry, key: entry.key.slice(prefix.length) })
  return {
    get: async (key) => {
      const entry = await store.get(prefix + key)
      return entry && inner(entry)
    },
    list: async (under, { after, ...options } = {}) => {
      const cut = { ...options, ...(after !== undefined && { after: prefix + after }) }
      const result = await store.list(prefix + under, cut)
      return { ...result, entries: result.entries.map(inner) }
    },
    transact: ({ operations, ...rest }) =>
      store.transact({ ...rest, operations: operations.map((operation) => outer(operation, prefix)) }),
    watch: (under, options) => store.watch(prefix + under, options),
    campaign: (name, options) => store.campaign(name, options),
    observeLeader: (name, options) => store.observeLeader(name, options),
    close: () => store.close(),
  }
}

function outer(operation: Operation, prefix: string): Operation {
  if (operation.type === 'delete-prefix') return { ...operation, prefix: prefix + operation.prefix }
  return { ...operation, key: prefix + operation.key }
}
