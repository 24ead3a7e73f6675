import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { leaderEvents } from './leader-events.ts'
import { createLogger } from './logger.ts'

test('a change of leaders is told once, and the own lead as an election', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'log-')), 'service.log')
  const logger = createLogger({ name: 'master', level: 'info', file })
  const { onElected, onLeader, onResigned } = leaderEvents(logger, () => 'own:1')
  const term = new AbortController()
  const leadership = { token: 7, lost: term.signal }
  onLeader('other:1')
  onLeader(undefined)
  onElected(leadership)
  onLeader('own:1')
  term.abort(new Error('the lease has run out'))
  onLeader(undefined)
  onResigned(leadership)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const told = lines.map((line) => {
    const { msg, leader, term, reason, durationMs } = JSON.parse(line) as { readonly [field: string]: unknown }
    assert.equal(typeof durationMs, 'number')
    return [msg, leader ?? term, reason ?? term]
  })
  assert.deepEqual(told, [
    ['leader.followed', 'other:1', undefined],
    ['leader.gone', 'other:1', undefined],
    ['leader.elected', 'own:1', 7],
    ['leader.lost', 7, 'the lease has run out'],
    ['leader.gone', 'own:1', undefined],
    ['term.closed', 7, 7],
  ])
})
