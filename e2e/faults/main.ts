/** `npm run faults -- SCENARIO [options]`: the long runs. */
import { parseArgs } from 'node:util'
import {
  addToReport,
  partitions,
  runKills,
  runLeaderKills,
  runPartitions,
  runPauses,
  toMarkdown,
} from './scenarios/index.ts'
import type { Outcome, Partition } from './scenarios/index.ts'

const usage = `usage: npm run faults -- SCENARIO [options]
  kills [--kills N] [--store sqlite|etcd]   kill -9 of masters, agents, Marathon and Chronos at random moments
  leaders [--kills N]                       kill -9 of the leading master of three
  pauses [--pauses N]                       SIGSTOP of a leader past its lease, then SIGCONT
  partitions [--partition NAME]             each partition with each second fault, in network namespaces; needs root
options: --seed N, --report PATH (adds to PATH.json and writes PATH.md)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '30' },
    pauses: { type: 'string', default: '9' },
    store: { type: 'string', default: 'sqlite' },
    partition: { type: 'string' },
    seed: { type: 'string' },
    report: { type: 'string' },
  },
})

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))

const wantedPartitions = (): Partition[] => {
  const { partition } = values
  const all: readonly Partition[] = [...partitions, 'bad links']
  if (partition === undefined) return [...all]
  const wanted = all.filter((name) => name === partition)
  if (wanted.length === 0) throw new Error(`--partition is ${partition}: ${all.join(', ')}`)
  return wanted
}

function trialsOf(scenario: string | undefined): (() => Promise<Outcome>)[] {
  const { store } = values
  if (store !== 'sqlite' && store !== 'etcd') throw new Error(`--store is ${store}: sqlite or etcd`)
  const common = { seed, say }
  switch (scenario) {
    case 'kills':
      return [() => runKills({ ...common, store, kills: Number(values.kills) })]
    case 'leaders':
      return [() => runLeaderKills({ ...common, kills: Number(values.kills) })]
    case 'pauses':
      return [() => runPauses({ ...common, pauses: Number(values.pauses) })]
    case 'partitions':
      return wantedPartitions().map((partition) => () => runPartitions({ ...common, partition }))
    default:
      throw new Error(usage)
  }
}

const outcomes: Outcome[] = []
for (const trial of trialsOf(positionals[0])) {
  const outcome = await trial()
  outcomes.push(outcome)
  if (values.report !== undefined) addToReport(values.report, outcome)
}
process.stdout.write(`\n${toMarkdown(outcomes)}`)
process.exit(outcomes.every(({ violations }) => violations.length === 0) ? 0 : 1)
