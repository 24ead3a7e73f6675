import { recoverState, storePrefix } from '@thermosphere/marathon-core'
import type { MarathonConfig, MarathonState } from '@thermosphere/marathon-core'
import type { Random } from '@thermosphere/effects'
import { listPages, parseStored } from '@thermosphere/store'
import type { Entry, Store } from '@thermosphere/store'
import { storePageMax } from '../limits.ts'

type Surroundings = { readonly config: MarathonConfig; readonly random: Random }

/** The state as it was when the last process ended. */
export async function loadState(store: Store, surroundings: Surroundings): Promise<MarathonState> {
  const pages = await Array.fromAsync(listPages(store, storePrefix, storePageMax))
  return restoreState(pages.flat(), surroundings)
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
