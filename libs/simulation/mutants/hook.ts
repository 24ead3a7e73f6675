/**
 * Preloaded into a child process (`node --import ./hook.ts?name`): when the file of the bug is loaded, its text is
 * changed before the types are stripped. No file is touched.
 */
import { registerHooks } from 'node:module'
import { patched, rootUrl } from './patch.ts'
import { mutants } from './planted/index.ts'

const name = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const mutant = mutants.find((one) => one.name === name)
if (mutant === undefined) throw new Error(`there is no planted bug ${name}`)
const target = new URL(mutant.file, rootUrl).href

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== target) return loaded
    return { ...loaded, source: patched(mutant, String(loaded.source)) }
  },
})
