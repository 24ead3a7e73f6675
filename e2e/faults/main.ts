/** `npm run faults -- SCENARIO [options]`: the long runs. */
import { parseArgs } from 'node:util'
import { addToReport, runKills, runLeaderKills, runPauses, toMarkdown } from './scenarios/index.ts'
import type { Outcome } from './scenarios/index.ts'

const usage = `usage: npm run faults -- SCENARIO [options]
  kills [--kills N] [--store sqlite|etcd]   kill -9 of masters, agents, Marathon and Chronos at random moments
  leaders [--kills N]                       kill -9 of the leading master of three
  pauses [--pauses N]                       SIGSTOP of a leader past its lease, then SIGCONT
options: --seed N, --report PATH (adds to PATH.json and writes PATH.md)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '30' },
    pauses: { type: 'string', default: '9' },
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
  if (scenario === 'leaders') return runLeaderKills({ ...common, kills: Number(values.kills) })
  if (scenario === 'pauses') return runPauses({ ...common, pauses: Number(values.pauses) })
  throw new Error(usage)
}

const outcome = await run(positionals[0])
if (values.report !== undefined) addToReport(values.report, outcome)
process.stdout.write(`\n${toMarkdown([outcome])}`)
process.exit(outcome.violations.length === 0 ? 0 : 1)
