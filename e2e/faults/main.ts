/** `npm run faults -- SCENARIO [options]`: the long runs. */
import { parseArgs } from 'node:util'
import { errorMessage } from '@thermosphere/effects'
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

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

const options = {
  kills: { type: 'string', default: '30' },
  pauses: { type: 'string', default: '9' },
  store: { type: 'string', default: 'sqlite' },
  partition: { type: 'string' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    return refuse(`${errorMessage(error)}\n\n${usage}`)
  }
}

const { values, positionals } = readArguments()

function wholeNumber(name: 'kills' | 'pauses' | 'seed'): number {
  const text = values[name]
  return /^\d{1,9}$/.test(text) ? Number(text) : refuse(`--${name} is ${text}; allowed: whole numbers`)
}

if (values.help === true) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)
const seed = wholeNumber('seed')

const wantedPartitions = (): Partition[] => {
  const { partition } = values
  const all: readonly Partition[] = [...partitions, 'bad links']
  if (partition === undefined) return [...all]
  const wanted = all.filter((name) => name === partition)
  if (wanted.length === 0) refuse(`--partition is ${partition}; allowed: ${all.join(', ')}`)
  return wanted
}

function trialsOf(scenario: string | undefined): (() => Promise<Outcome>)[] {
  const { store } = values
  if (store !== 'sqlite' && store !== 'etcd') refuse(`--store is ${store}; allowed: sqlite, etcd`)
  const common = { seed, say }
  switch (scenario) {
    case 'kills':
      return [() => runKills({ ...common, store, kills: wholeNumber('kills') })]
    case 'leaders':
      return [() => runLeaderKills({ ...common, kills: wholeNumber('kills') })]
    case 'pauses':
      return [() => runPauses({ ...common, pauses: wholeNumber('pauses') })]
    case 'partitions':
      return wantedPartitions().map((partition) => () => runPartitions({ ...common, partition }))
    default:
      return refuse(usage)
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
