// `npm test`: installs what is missing and runs every test. `npm test -- unit` runs one step, see tools/test/all.ts.
import { ensureInstalled, runOnOwnNode } from './install.mjs'

ensureInstalled()
await runOnOwnNode('tools/test/all.ts', process.argv.slice(2))
