/** `npm run simulate`, see `usage`. Exits with 1 after a violation or when a bug survived, with 2 for wrong options. */
import { errorMessage } from '@thermosphere/effects'
import { textOf } from './world/faults.ts'
import { runMutants } from './mutants/run.ts'
import { simulate } from './world/simulate.ts'
import { readOptions, usage } from './runner/config.ts'
import type { RunOptions } from './runner/config.ts'
import { runSeeds } from './runner/run-seeds.ts'
import { Shrinker } from './runner/shrink.ts'
import { Totals } from './runner/totals.ts'
import { generateScenario } from './scenario/generate.ts'
import type { Scenario } from './scenario/scenario.ts'

/** How many seeds a planted bug may survive, unless told otherwise. */
const mutantSeedsMax = 60

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function describe({ seed, sizes, masters, faults, actions, durationMs }: Scenario): string {
  const counts = Object.entries(sizes).map(([kind, count]) => `${count} ${kind}`)
  const wanted = actions.map(({ at, type, ...rest }) => `  ${at / 1000} s ${type} ${JSON.stringify(rest)}`)
  const hits = faults.map((fault) => `  ${textOf(fault)}`)
  const { allocationWorkMax, timersLateMs } = masters
  const cuts = `allocations of ${allocationWorkMax}, timers of masters ${timersLateMs} ms late`
  const head = `seed ${seed}: ${counts.join(', ')}, ${durationMs / 1000} s, ${cuts}`
  return [head, ...hits, ...wanted].join('\n')
}

async function runOne(seed: number, { trace }: RunOptions): Promise<boolean> {
  const startedAt = performance.now()
  const scenario = generateScenario(seed)
  const outcome = await simulate({ scenario, isTraceKept: trace })
  const totals = new Totals()
  totals.add(outcome)
  if (trace) say(outcome.lines.join('\n'))
  say(`seed ${seed}: trace hash ${outcome.hash}`)
  say(totals.describe(performance.now() - startedAt))
  if (outcome.violation === undefined) return true
  await explain(scenario, outcome.violation.invariant)
  return false
}

/** The smallest scenario that fails in the same way, with its trace. */
async function explain(scenario: Scenario, invariant: string): Promise<void> {
  say(`making seed ${scenario.seed} small, which violates ${invariant} …`)
  const smallest = await new Shrinker(scenario, invariant).shrink()
  const { lines, violation } = await simulate({ scenario: smallest, isTraceKept: true })
  say(`${describe(smallest)}\n\n${lines.join('\n')}\n\n${violation?.invariant}: ${violation?.message}`)
}

async function runMany(options: RunOptions): Promise<boolean> {
  const startedAt = performance.now()
  const { totals, failed } = await runSeeds(options, say)
  say(totals.describe(performance.now() - startedAt))
  const [first] = failed.toSorted((a, b) => a.seed - b.seed)
  if (first?.outcome.violation === undefined) return true
  await explain(generateScenario(first.seed), first.outcome.violation.invariant)
  return false
}

function run(options: RunOptions): Promise<boolean> {
  const { mutants, recorded, seed, seeds = mutantSeedsMax, workers } = options
  if (mutants) return runMutants({ seedsMax: seeds, isRecorded: recorded, workers }, say)
  return seed === undefined ? runMany(options) : runOne(seed, options)
}

async function main(): Promise<number> {
  let options: RunOptions
  try {
    options = readOptions()
  } catch (error) {
    say(`${errorMessage(error)}\n\n${usage}`)
    return 2
  }
  return (await run(options)) ? 0 : 1
}

process.exitCode = await main()
