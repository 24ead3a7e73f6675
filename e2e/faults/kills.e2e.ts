/** Short runs of kills at random points; `npm run faults -- kills` is the long one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lacks } from '../harness/requirements.ts'
import { runKills } from './scenarios/index.ts'

const kills = 24
/** The seed is part of a failure's report: `npm run faults -- kills --seed N` runs the same choices again. */
const seed = Math.floor(Math.random() * 1e9)
const skip = lacks({ programs: ['etcd'] })

// Each has a cluster of its own that waits for parts to come back most of the time.
describe('kill -9 of any part loses and doubles nothing', { concurrency: true }, () => {
  test('[reliability R1] [reliability R3] [reliability R4] kill -9 of any part on SQLite loses and doubles nothing', async (t) => {
    const outcome = await runKills({ kills, store: 'sqlite', seed, say: (line) => t.diagnostic(line) })
    assert.deepEqual(outcome.violations, [], `seed ${seed}`)
    assert.equal(outcome.counts['kills'], kills)
    assert.ok((outcome.counts['writes acknowledged'] ?? 0) > kills)
    assert.ok((outcome.counts['tasks started'] ?? 0) > kills / 2)
  })

  test(
    '[reliability R1] [reliability R4] kill -9 of any part on etcd loses and doubles nothing',
    { skip },
    async (t) => {
      const outcome = await runKills({ kills, store: 'etcd', seed, say: (line) => t.diagnostic(line) })
      assert.deepEqual(outcome.violations, [], `seed ${seed}`)
      assert.equal(outcome.counts['kills'], kills)
    },
  )
})
