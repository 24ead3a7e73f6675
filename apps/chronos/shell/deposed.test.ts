/** What those who wait learn when leadership is lost while the store does not answer. */
import { createRandom } from '@thermosphere/effects'
import { Background, createLogger, createMetrics, HttpError } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testConfig } from '../test-kit/server.ts'
import { Chronos } from './chronos.ts'
import { loadState } from './load-state.ts'

const putJob = { type: 'put-job', document: { name: 'x', command: 'true' }, endpoint: 'iso8601' } as const

const refusedWith503 = (error: unknown): boolean =>
  error instanceof HttpError && error.status === 503 && /does not lead any more/.test(error.message)

test('requests that wait for a store that stands still get 503 once leadership is lost, and so do later ones', async () => {
  const store = await openStore('memory:')
  const answered = Promise.withResolvers<never>()
  const asked = Promise.withResolvers<void>()
  const transact = (): Promise<never> => {
    asked.resolve()
    return answered.promise
  }
  const stalled: Store = Object.assign(Object.create(store) as Store, { transact })
  const lost = new AbortController()
  const leadership: Leadership = { token: 1, name: 'chronos', lost: lost.signal, resign: () => Promise.resolve() }
  const random = createRandom(1)
  const failures: unknown[] = []
  const chronos = new Chronos({
    state: await loadState(store, { config: testConfig, random }),
    store: stalled,
    leadership,
    masters: ['127.0.0.1:1'],
    frameworkInfo: () => ({ name: 'chronos', user: 'root', roles: ['*'] }),
    random,
    logger: createLogger({ name: 'chronos-test', level: 'fatal' }),
    metrics: createMetrics({ processMetrics: false }),
    background: new Background((_name, error) => failures.push(error)),
    onFatal: (error) => failures.push(error),
  })
  chronos.start()
  const waiting = assert.rejects(chronos.command(putJob), refusedWith503)
  await asked.promise
  lost.abort()
  const closing = chronos.close()
  await waiting
  await assert.rejects(chronos.command(putJob), refusedWith503)
  answered.reject(new Error('gone'))
  await closing
  assert.match(String(failures), /gone/)
  await store.close()
})
