/** What those who wait learn when leadership is lost while the store does not answer. */
import { createRandom } from '@thermosphere/effects'
import { createLogger, readFlags } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreConfig, flags } from '../config.ts'
import { loggersOf } from '../logger.ts'
import { MarathonShell } from './marathon-shell.ts'
import { MarathonMetrics } from './metrics.ts'
import { loadState } from './state-store.ts'

const createApp = {
  type: 'create-app',
  body: { id: '/web', cmd: 'sleep 1000' },
  force: false,
  audit: { clientIp: '', uri: '' },
} as const

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
  const leadership: Leadership = { token: 1, name: 'marathon', lost: lost.signal, resign: () => Promise.resolve() }
  const read = readFlags(flags, { argv: ['--master=127.0.0.1:1'], env: {} })
  assert.ok(read.kind === 'config')
  const failures: unknown[] = []
  const shell = new MarathonShell({
    state: await loadState(store, { config: coreConfig(read.config, undefined), random: createRandom(1) }),
    store: stalled,
    leadership,
    masters: read.config.master,
    credential: undefined,
    probesMax: 1,
    metrics: new MarathonMetrics(),
    loggers: loggersOf(createLogger({ name: 'marathon-test', level: 'fatal' })),
    loop: {},
    onFatal: (error) => failures.push(error),
    onRefused: assert.fail,
  })
  shell.start()
  const waiting = shell.command(createApp)
  await asked.promise
  lost.abort()
  const closing = shell.close()
  assert.equal((await waiting).status, 503)
  assert.match(JSON.stringify((await shell.command(createApp)).body), /does not lead any more/)
  answered.reject(new Error('gone'))
  await closing
  assert.match(String(failures), /gone/)
  await store.close()
})
