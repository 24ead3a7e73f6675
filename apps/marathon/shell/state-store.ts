import { recoverState, storePrefix } from '@thermosphere/marathon-core'
import type { MarathonConfig, MarathonState } from '@thermosphere/marathon-core'
import type { Random } from '@thermosphere/effects'
import { parseStored } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import { storePageMax } from '../limits.ts'

/** The state as it was when the last process ended. */
export async function loadState(
  store: Store,
  options: { readonly config: MarathonConfig; readonly random: Random },
): Promise<MarathonState> {
  const entries: { key: string; value: string }[] = []
  let after: string | undefined
  for (;;) {
    const page = await store.list(storePrefix, { limit: storePageMax, ...(after === undefined ? {} : { after }) })
    entries.push(...page.entries)
    after = page.entries.at(-1)?.key
    if (!page.more || after === undefined) break
  }
  const parse = <T>(schema: Parameters<typeof parseStored>[0], key: string, raw: string): T =>
    parseStored(schema, key, raw) as T
  return recoverState({ ...options, parse }, entries)
}
