import { compareKeys } from '../keys.ts'
import type { Operation } from '../store.ts'

export type NetChange = { readonly key: string; readonly value: string | undefined }

/** What the stored state must answer to plan a transaction. */
export type StoredKeys = { has(key: string): boolean; keysUnder(prefix: string): Iterable<string> }

/** The final change of each touched key, in key order; deletions of what is not there are left out. */
export function netChanges(operations: readonly Operation[], stored: StoredKeys): NetChange[] {
  const changes = new Map<string, string | undefined>()
  for (const operation of operations) {
    if (operation.type === 'put') changes.set(operation.key, operation.value)
    else if (operation.type === 'delete') changes.set(operation.key, undefined)
    else {
      const { prefix } = operation
      const put = [...changes.keys()].filter((key) => key.startsWith(prefix))
      for (const key of [...put, ...stored.keysUnder(prefix)]) changes.set(key, undefined)
    }
  }
  return [...changes]
    .filter(([key, value]) => value !== undefined || stored.has(key))
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => compareKeys(a.key, b.key))
}
