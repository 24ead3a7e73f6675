import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { mutants } from './planted/index.ts'
import { findMutant } from './search.ts'

/**
 * Where each was found first; another seed may find it after a change of the workload. Those that are missing here
 * survive so far, which `run.ts` tells.
 */
const seeds = z
  .record(z.string(), z.number())
  .parse(JSON.parse(readFileSync(new URL('first-seeds.json', import.meta.url), 'utf8')))
const otherSeeds = { from: 1, count: 8 }

suite('the simulation finds bugs that are put in on purpose', { concurrency: availableParallelism() }, () => {
  for (const mutant of mutants) {
    const seed = seeds[mutant.name]
    if (seed === undefined) continue
    test(`${mutant.name} is found`, async () => {
      const found = (await findMutant(mutant, { from: seed, count: 1 })) ?? (await findMutant(mutant, otherSeeds))
      assert.ok(found, `no invariant noticed ${mutant.name}`)
    })
  }
})
