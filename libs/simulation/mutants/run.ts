/** `node libs/simulation/mutants/run.ts [SEEDS]`: looks for every planted bug; fails if one survives. */
import { availableParallelism } from 'node:os'
import { readSeedsMax } from './config.ts'
import { mutants } from './planted/index.ts'
import type { Mutant } from './planted/index.ts'
import { searchMutants } from './search.ts'
import type { Found } from './search.ts'

const seedsMax = readSeedsMax()
const nameWidth = Math.max(...mutants.map(({ name }) => name.length))
const survivors: string[] = []

function line({ name }: Mutant, found: Found | undefined): string {
  const result = found === undefined ? 'SURVIVES' : `${String(found.seed).padStart(4)}  ${found.invariant}`
  return `${name.padEnd(nameWidth)}  ${result}`
}

await searchMutants({
  mutants,
  workers: availableParallelism(),
  seedsOf: () => ({ from: 1, count: seedsMax }),
  onResult: (mutant, found) => {
    process.stdout.write(`${line(mutant, found)}\n`)
    if (found === undefined) survivors.push(mutant.name)
  },
})
process.stdout.write(`${mutants.length - survivors.length} of ${mutants.length} planted bugs were found\n`)
process.exitCode = survivors.length === 0 ? 0 : 1
