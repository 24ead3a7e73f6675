import { recoverState, storePrefix } from '@thermosphere/marathon-core'
import type { MarathonConfig, MarathonState } from '@thermosphere/marathon-core'
import type { Random } from '@thermosphere/effects'
import { parseStored } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { storePageMax } from '../limits.ts'

type Surroundings = { readonly config: MarathonConfig; readonly random: Random }

/** The state as it was when the last process ended. */
export async function loadState(store: Store, surroundings: Surroundings): Promise<MarathonState> {
  const entries: Entry[] = []
  for (let after: string | undefined; ;) {
    const page = await store.list(storePrefix, { limit: storePageMax, ...(after !== undefined && { after }) })
    entries.push(...page.entries)
    after = page.entries.at(-1)?.key
    if (!page.more || after === undefined) return restoreState(entries, surroundings)
  }
}

/** The state that was kept as these entries. */
export function restoreState(
  entries: readonly Pick<Entry, 'key' | 'value'>[],
  surroundings: Surroundings,
): MarathonState {
  const parse = <T>(schema: Parameters<typeof parseStored>[0], key: string, raw: string): T =>
    parseStored(schema, key, raw) as T
  return recoverState({ ...surroundings, parse }, entries)
}
