/**
 * node libs/offer-engine/allocator/twin/compare.bench.ts [RUNS [FIRST_SEED]]
 * Lets the allocator and its obvious twin decide about random clusters until they have made RUNS allocation runs
 * (20,000 unless told). Prints the next seed now and then, to go on from; ends with 1 at the first difference.
 */
import { performSeed } from './random-events.ts'

const [runsMax = 20_000, firstSeed = 0] = process.argv.slice(2).map(Number)
let runs = 0
let seed = firstSeed
try {
  for (let told = 0; runs < runsMax; seed++) {
    runs += performSeed(seed)
    if (runs - told < 10_000) continue
    told = runs
    console.log(JSON.stringify({ runs, nextSeed: seed + 1 }))
  }
  console.log(JSON.stringify({ runs, seeds: seed - firstSeed, differences: 0 }))
} catch (error) {
  console.error(`seed ${seed}, after ${runs} runs:`, error)
  process.exitCode = 1
}
