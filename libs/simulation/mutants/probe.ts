/** `node --import ./hook.ts?NAME probe.ts FROM COUNT`: the first of these seeds that finds a violation, as JSON. */
import { readSeeds } from './config.ts'
import { simulate } from '../world/simulate.ts'
import { generateScenario } from '../scenario/generate.ts'

const { from, count } = readSeeds()
let found: object | undefined
for (let seed = from; seed < from + count && found === undefined; seed++) {
  const { violation } = await simulate({ scenario: generateScenario(seed) })
  if (violation !== undefined) found = { seed, ...violation }
}
process.stdout.write(JSON.stringify(found ?? null), () => process.exit(0))
