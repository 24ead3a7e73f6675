import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from './logger.ts'

test('secrets are redacted at every depth that is logged, and levels may be spelled as Mesos does', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'log-')), 'sub', 'service.log')
  const logger = createLogger({ name: 'master', level: 'WARNING', file })
  logger.info('not told')
  logger.warn(
    { user: 'u', password: 'p1', headers: { authorization: 'p2' }, a: { b: { token: 'p3' } } },
    'login.failed',
  )
  const [line, rest] = readFileSync(file, 'utf8').split('\n')
  assert.equal(rest, '')
  assert.doesNotMatch(line ?? '', /p1|p2|p3/)
  const { level, name, msg, user } = JSON.parse(line ?? '') as Record<string, unknown>
  assert.deepEqual({ level, name, msg, user }, { level: 'warn', name: 'master', msg: 'login.failed', user: 'u' })
})
