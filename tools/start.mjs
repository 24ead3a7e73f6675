// `npm start`: installs what is missing, builds the dashboard and starts a cluster. Options are those of `thermo up`.
import { ensureInstalled, runOnOwnNode } from './install.mjs'

ensureInstalled()
await runOnOwnNode('apps/cli/main.ts', ['up', ...process.argv.slice(2)])
