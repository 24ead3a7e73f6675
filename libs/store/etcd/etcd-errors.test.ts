import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from './etcd-errors.ts'

test('a member that is not there is told in one plain clause, and nothing was applied there', () => {
  const thrown = new Error(
    '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 10.0.0.1:2379. Resolution note: ',
  )
  assert.deepEqual(classify(thrown, '10.0.0.1:2379'), {
    type: 'passing',
    reason: '10.0.0.1:2379: connect ECONNREFUSED 10.0.0.1:2379',
    mayHaveApplied: false,
  })
})
