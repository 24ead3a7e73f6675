/** `npm run faults -- SCENARIO [options]`: the long runs. */
import { parseArgs } from 'node:util'
import { addToReport, runKills, toMarkdown } from './scenarios/index.ts'
import type { Outcome } from './scenarios/index.ts'

const usage = `usage: npm run faults -- kills [--kills N] [--store sqlite|etcd]
options: --seed N, --report PATH (adds to PATH.json and writes PATH.md)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '100' },
    store: { type: 'string', default: 'sqlite' },
    seed: { type: 'string' },
    report: { type: 'string' },
  },
})

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))

function run(scenario: string | undefined): Promise<Outcome> {
  const { store } = values
  if (store !== 'sqlite' && store !== 'etcd') throw new Error(`--store is ${store}: sqlite or etcd`)
  const common = { seed, say }
  if (scenario === 'kills') return runKills({ ...common, store, kills: Number(values.kills) })
  throw new Error(usage)
}

const outcome = await run(positionals[0])
if (values.report !== undefined) addToReport(values.report, outcome)
process.stdout.write(`\n${toMarkdown([outcome])}`)
process.exit(outcome.violations.length === 0 ? 0 : 1)
