import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connections } from '../../api/live/live-client.ts'
import { append } from './capacity-history.ts'
import { findTroubles, summarize } from './troubles.ts'

const live = { state: 'live', since: 0, heardAt: 0 } as const
const connections: Connections = { cluster: live, services: live, jobs: live }
const none = { services: [], jobs: [], usage: undefined }

describe('is anything wrong?', () => {
  it('no, in one sentence', () =>
    assert.equal(summarize(findTroubles({ ...none, connections })).sentence, 'Everything is running as it should.'))
  it('yes, when a part does not answer', () => {
    const lost = {
      state: 'reconnecting',
      lostAt: 0,
      attempt: 1,
      retryAt: 0,
      reason: 'refused',
      hasData: false,
    } as const
    const troubles = findTroubles({ ...none, connections: { ...connections, jobs: lost } })
    assert.equal(summarize(troubles).sentence, 'Chronos is unreachable.')
    assert.equal(troubles[0]?.reason, 'refused')
  })
  it('counts failing before waiting', () => {
    const trouble = (status: 'failing' | 'waiting') => ({
      id: status,
      status,
      name: 'x',
      word: '',
      reason: '',
      path: '',
    })
    assert.deepEqual(summarize([trouble('failing'), trouble('waiting'), trouble('waiting')]), {
      status: 'failing',
      sentence: 'Of what should run, 1 is failing, 2 are waiting.',
    })
  })
})

describe('the history of capacity', () => {
  const sample = (at: number) => ({
    at,
    cpus: { total: 1, used: 0 },
    mem: { total: 1, used: 0 },
    disk: { total: 1, used: 0 },
  })
  it('takes a sample when the last is old enough', () => {
    const samples = [sample(0)]
    assert.equal(append(samples, sample(5_000)), samples)
    assert.equal(append(samples, sample(20_000)).length, 2)
  })
})
