import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '../../limits.ts'
import { addToFeed } from './feed.ts'
import type { FeedEntry } from './feed.ts'
import { jobFeed, runState } from './feed-lines.ts'

const entry = (id: string, at: number): FeedEntry => ({
  id,
  at,
  source: 'jobs',
  status: 'healthy',
  subject: { kind: 'job', id, name: id },
  what: '',
  why: '',
})

describe('the event feed', () => {
  it('is newest first and without doubles', () =>
    assert.deepEqual(
      addToFeed([entry('b', 2)], [entry('a', 1), entry('c', 3), entry('b', 2)]).map((one) => one.id),
      ['c', 'b', 'a'],
    ))
  it('is bounded', () => {
    const many = Array.from({ length: limits.feedEntriesMax + 5 }, (_, index) => entry(String(index), index))
    assert.equal(addToFeed([], many).length, limits.feedEntriesMax)
  })
  it('tells how runs end, in any spelling of their state', () => {
    assert.equal(runState('TASK_FINISHED'), 'succeeded')
    assert.equal(runState('success'), 'succeeded')
    assert.equal(runState('FAILED'), 'failed')
    const line = jobFeed(
      'run_updated',
      { job: 'a', run: { id: 'r', state: 'failed', attempt: 1, message: 'exit 2' } },
      5,
    )[0]
    assert.equal(line?.what, 'Run failed')
    assert.equal(line?.why, 'exit 2')
    assert.deepEqual(jobFeed('job_updated', { job: { name: 'a' } }, 5), [])
  })
})
