import { invariant } from '@thermosphere/effects'
import type { Mutant } from './planted/index.ts'

export const rootUrl = new URL('../../../', import.meta.url)

/** The source with the bug in it. Throws when the place is not there, or not the only one. */
export function patched({ name, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find)
  invariant(parts.length === 2, `planted bug ${name}: its text occurs ${parts.length - 1} times in ${file}, not once`)
  return parts.join(replace)
}
