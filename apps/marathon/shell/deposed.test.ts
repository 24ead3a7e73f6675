/** What those who wait learn when leadership is lost while the store does not answer. */
import { openStore } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startShell } from '../test-kit/test-shell.ts'

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
  const { shell, failures } = await startShell(store, leadership, stalled)
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
