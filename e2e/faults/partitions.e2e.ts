/** One cell of the partition matrix; `npm run faults -- partitions` runs them all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lacks } from '../harness/requirements.ts'
import { runPartitions } from './scenarios/index.ts'

const skip = lacks({ root: true, programs: ['etcd', 'ip', 'nft', 'nsenter'] })
const seed = Math.floor(Math.random() * 1e9)

test(
  '[reliability R13] [reliability R14] with its leader cut off a cluster goes on, and is whole after healing',
  { skip },
  async (t) => {
    const say = (line: string): void => t.diagnostic(line)
    // Whoever is not cut off has a new leader before the healing, so half of the time of other cells is enough.
    const recoveryMsMax = 15_000
    const outcome = await runPartitions({ partition: 'isolate leader', extras: ['none'], recoveryMsMax, seed, say })
    assert.deepEqual(outcome.violations, [], `seed ${seed}`)
    assert.equal(outcome.counts['cells'], 1)
    assert.ok((outcome.counts['job windows satisfied'] ?? 0) > 0)
  },
)
