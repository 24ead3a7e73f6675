import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../open-store.ts'
import { findMasters } from './find-masters.ts'

const unexpected = (error: unknown): void => assert.ifError(error)

test('addresses stay addresses; the URL of a store that several machines share is a place to look', () => {
  assert.deepEqual(findMasters(['a:5050', 'b:5050'], unexpected), ['a:5050', 'b:5050'])
  for (const flag of [['etcd://a:2379', 'b:2379/x'], ['etcds://a:2379/x'], ['sqlite:/var/lib/x.db']])
    assert.equal(typeof findMasters(flag, unexpected), 'function', flag.join())
})

test('who leads the masters on a store is told, and told again when it changes', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'masters-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const url = `sqlite:${join(directory, 'x.db')}`
  const store = await openStore(url)
  const stop = new AbortController()
  const source = findMasters([url], unexpected)
  assert.ok(typeof source === 'function')
  const seen = source(stop.signal)[Symbol.asyncIterator]()
  assert.equal((await seen.next()).value, undefined)
  await store.campaign('master', { value: 'a:5050', ttlMs: 60_000, signal: stop.signal })
  assert.equal((await seen.next()).value, 'a:5050')
  stop.abort()
  await seen.return?.(undefined)
  await store.close()
})
