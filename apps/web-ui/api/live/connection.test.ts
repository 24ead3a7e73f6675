import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import type { Connection } from './connection.ts'
import { LiveSource, overall } from './connection.ts'

const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

describe('a live source', () => {
  it('goes live, reconnects with growing waits, and starts over after it was heard', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const reports: Connection[] = []
    const ends: ((error?: Error) => void)[] = []
    const hears: (() => void)[] = []
    const source = new LiveSource({
      connect: (_signal, heard) => {
        hears.push(heard)
        return new Promise((resolve, reject) => ends.push((error) => (error === undefined ? resolve() : reject(error))))
      },
      report: (connection) => reports.push(connection),
      random: () => 1,
    })
    source.start()
    hears[0]!()
    assert.equal(reports.at(-1)?.state, 'live')
    ends[0]!(new Error('refused'))
    await settle()
    const lost = reports.at(-1)
    assert.ok(lost?.state === 'reconnecting' && lost.reason === 'refused' && lost.attempt === 1 && lost.hasData)
    mock.timers.tick(1_000)
    ends[1]!()
    await settle()
    assert.equal((reports.at(-1) as { attempt: number }).attempt, 2)
    source.retryNow()
    hears[2]!()
    assert.equal(reports.at(-1)?.state, 'live')
    source.close()
    mock.timers.reset()
  })

  it('stops at pause and starts again', async () => {
    let signal: AbortSignal | undefined
    const source = new LiveSource({
      connect: (given) => {
        signal = given
        return new Promise((resolve) => given.addEventListener('abort', () => resolve()))
      },
      report: () => undefined,
    })
    source.start()
    source.pause()
    assert.equal(signal?.aborted, true)
    assert.equal(source.connection.state, 'paused')
    source.start()
    assert.equal(source.connection.state, 'connecting')
    source.close()
  })
})

describe('the state of all sources', () => {
  const live: Connection = { state: 'live', since: 0, heardAt: 50 }
  it('is live when all are', () => assert.deepEqual(overall([live, live], 100), { state: 'live', ageMs: 0 }))
  it('is that of the worst, with its age', () =>
    assert.deepEqual(
      overall([live, { state: 'reconnecting', lostAt: 40, attempt: 1, retryAt: 0, reason: '', hasData: true }], 100),
      {
        state: 'reconnecting',
        ageMs: 60,
      },
    ))
})
