/** A process that runs the seeds that it is told, one after another. */
import { simulate } from '../world/simulate.ts'
import type { Outcome } from '../world/simulate.ts'
import { generateScenario } from '../scenario/generate.ts'

/** What a worker answers for each seed. */
export type Ran = { readonly seed: number; readonly outcome: Omit<Outcome, 'lines'> }

process.on('message', (seed: number) => {
  void simulate({ scenario: generateScenario(seed) }).then(({ lines: _lines, ...outcome }) => {
    process.send?.({ seed, outcome } satisfies Ran)
  })
})
process.on('disconnect', () => process.exit(0))
