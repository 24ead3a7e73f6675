import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background, backoff, delay } from './background.ts'
import { describeStartupError, StartupError } from './startup-error.ts'

test('a failure in the background is reported once with its name, an abort is none', async () => {
  const failures: unknown[] = []
  const background = new Background((name, error) => failures.push([name, error]))
  const failure = new Error('lost')
  background.run('poll', Promise.reject(failure))
  background.run('wait', delay(60_000, AbortSignal.abort()))
  background.run('fine', Promise.resolve(1))
  await background.settled()
  assert.deepEqual(failures, [['poll', failure]])
})

test('backoff doubles up to its maximum, jitters over the whole range, and starts anew after reset', () => {
  const highest = backoff({ minMs: 100, maxMs: 1000, random: () => 0.9999 })
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => highest.next()),
    [100, 199, 399, 799, 999, 999],
  )
  highest.reset()
  assert.equal(highest.next(), 100)
  const lowest = backoff({ minMs: 100, maxMs: 1000, random: () => 0 })
  assert.deepEqual([lowest.next(), lowest.next(), lowest.next()], [100, 100, 100])
})

test('what an operator can fix is one sentence, a bug is not', () => {
  const system = (code: string) => Object.assign(new Error('x'), { code, path: '/p' })
  for (const code of ['EACCES', 'ENOSPC', 'EROFS', 'ENOTDIR', 'ENOENT', 'EISDIR', 'EDQUOT']) {
    assert.match(describeStartupError(system(code)) ?? '', /^\/p |of \/p|for \/p/, code)
  }
  assert.equal(describeStartupError(new StartupError('do this')), 'do this')
  const operational = Object.assign(new Error('the store is damaged'), { code: 'STORE_CORRUPT', retryable: false })
  assert.equal(describeStartupError(operational), 'the store is damaged')
  assert.equal(describeStartupError(new TypeError('bug')), undefined)
  assert.equal(describeStartupError('text'), undefined)
})
