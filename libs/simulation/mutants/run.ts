/** Looks for every planted bug, and tells for each how many seeds that took and which invariant noticed it. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { mutants } from './planted/index.ts'
import type { Mutant } from './planted/index.ts'
import { searchMutants } from './search.ts'
import type { Found, Seeds } from './search.ts'

export type MutantsRun = {
  /** How many seeds, from the first, a planted bug may survive. */
  readonly seedsMax: number
  /** Begin with the seed that is known to find it. */
  readonly isRecorded: boolean
  readonly workers: number
}

/** After a change of the workload another seed may find a bug than the one that is known to. */
const recordedSeedsMax = 8
const nameWidth = Math.max(...mutants.map(({ name }) => name.length))

/** False when one survives. */
export async function runMutants(run: MutantsRun, say: (text: string) => void): Promise<boolean> {
  const survivors: string[] = []
  say(`${'planted bug'.padEnd(nameWidth)}  seeds  caught by`)
  await searchMutants({
    mutants,
    workers: run.workers,
    seedsOf: seedsOf(run),
    onResult: (mutant, found, triedCount) => {
      say(row(mutant, found, triedCount))
      if (found === undefined) survivors.push(mutant.name)
    },
  })
  say(`${mutants.length - survivors.length} of ${mutants.length} planted bugs were found`)
  if (survivors.length > 0) say(`these survive: ${survivors.join(', ')}`)
  return survivors.length === 0
}

function seedsOf({ seedsMax, isRecorded }: MutantsRun): (mutant: Mutant) => readonly Seeds[] {
  if (!isRecorded) return () => [{ from: 1, count: seedsMax }]
  const known = readRecordedSeeds()
  const others = { from: 1, count: recordedSeedsMax }
  return ({ name }) => {
    const seed = known[name]
    return seed === undefined ? [others] : [{ from: seed, count: 1 }, others]
  }
}

const readRecordedSeeds = (): Record<string, number> =>
  z
    .record(z.string(), z.number().int())
    .parse(JSON.parse(readFileSync(new URL('first-seeds.json', import.meta.url), 'utf8')))

function row({ name }: Mutant, found: Found | undefined, triedCount: number): string {
  const by = found === undefined ? 'SURVIVES' : `${found.invariant} (seed ${found.seed})`
  return `${name.padEnd(nameWidth)}  ${String(triedCount).padStart(5)}  ${by}`
}
