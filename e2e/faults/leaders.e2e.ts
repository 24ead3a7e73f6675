/** Leaders that die and leaders that sleep; `npm run faults -- leaders` and `-- pauses` are the long runs. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lacks } from '../harness/requirements.ts'
import { runLeaderKills, runPauses } from './scenarios/index.ts'

const skip = lacks({ programs: ['etcd'] })
const seed = Math.floor(Math.random() * 1e9)

// Both wait for leases to run out most of the time, each with a cluster of its own: so they do beside each other.
describe('leaders of a group', { concurrency: true }, () => {
  test(
    '[reliability R9] with a lease of 10 s a killed master is replaced in 15 s, its tasks untouched',
    { skip },
    async (t) => {
      const outcome = await runLeaderKills({ kills: 2, seed, say: (line) => t.diagnostic(line) })
      assert.deepEqual(outcome.violations, [], `seed ${seed}`)
      assert.equal(outcome.counts['leaders killed'], 2)
    },
  )

  test(
    '[reliability R10] a leader that sleeps past its lease writes nothing more; all agree on one',
    { skip },
    async (t) => {
      const outcome = await runPauses({ pauses: 3, seed, say: (line) => t.diagnostic(line) })
      assert.deepEqual(outcome.violations, [], `seed ${seed}`)
      assert.equal(outcome.counts['leaders paused'], 3)
    },
  )
})
