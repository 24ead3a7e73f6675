import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Store } from '../store.ts'
import { apply, contents, ledBy, put, take, conformanceCase } from './harness.ts'

const TTL_MS = 2_000
import type { ConformanceCase } from './harness.ts'

const stand = (store: Store, value: string, signal: AbortSignal) =>
  store.campaign('leader', { value, ttlMs: TTL_MS, signal })

export const electionCases: readonly ConformanceCase[] = [
  conformanceCase(
    'the first candidate leads, the second once the first has resigned, with a greater token',
    async ({ store, signal }) => {
      const first = await stand(store, 'a', signal)
      let isElected = false
      const second = stand(store, 'b', signal).then((leadership) => {
        isElected = true
        return leadership
      })
      await apply(store, put('meanwhile', ''))
      assert.equal(isElected, false)
      await first.resign()
      assert.equal(first.lost.aborted, true)
      assert.ok((await second).token > first.token)
    },
  ),

  conformanceCase(
    'a leader writes; after it was deposed its writes are refused and it learns of it',
    async ({ store, test: given, signal }) => {
      // Before the hold ends: as long as nobody else takes it, its leader can renew it.
      const other = (await given.second()) ?? store
      const old = await stand(store, 'old', signal)
      assert.equal((await store.transact({ conditions: [ledBy(old)], operations: [put('a', 'old')] })).applied, true)
      await given.depose('leader')
      const fresh = await stand(other, 'new', signal)
      const refused = await store.transact({ conditions: [ledBy(old)], operations: [put('a', 'stale')] })
      assert.deepEqual(refused, { applied: false, failed: 0 })
      assert.equal(old.lost.aborted, true)
      assert.equal(fresh.lost.aborted, false)
      assert.deepEqual(await contents(store), { a: 'old' })
    },
  ),

  conformanceCase('a deposed leader learns of it by renewal alone', async ({ store, test: given, signal }) => {
    const other = (await given.second()) ?? store
    const old = await stand(store, 'old', signal)
    await given.depose('leader')
    await stand(other, 'new', signal)
    if (!old.lost.aborted) await once(old.lost, 'abort')
  }),

  conformanceCase('a leader that lives keeps its lease beyond its time', async ({ store, signal }) => {
    const held = await store.campaign('short', { value: 'x', ttlMs: 300, signal })
    const rival = store.campaign('short', { value: 'y', ttlMs: 300, signal: AbortSignal.timeout(900) })
    await assert.rejects(rival, { name: 'TimeoutError' })
    assert.equal(held.lost.aborted, false)
    assert.equal((await store.transact({ conditions: [ledBy(held)], operations: [] })).applied, true)
  }),

  conformanceCase('who resigned can no longer write, and can be elected again', async ({ store, signal }) => {
    const first = await stand(store, 'a', signal)
    await first.resign()
    assert.equal((await store.transact({ conditions: [ledBy(first)], operations: [put('a', '')] })).applied, false)
    const again = await stand(store, 'a', signal)
    assert.ok(again.token > first.token)
    assert.equal((await store.transact({ conditions: [ledBy(first)], operations: [put('a', '')] })).applied, false)
    assert.equal((await store.transact({ conditions: [ledBy(again)], operations: [put('a', '')] })).applied, true)
  }),

  conformanceCase(
    'a candidate gives up when its signal aborts, and elections of other names are apart',
    async ({ store, signal }) => {
      await stand(store, 'a', signal)
      const abort = new AbortController()
      const waiting = stand(store, 'b', abort.signal)
      abort.abort(new Error('changed my mind'))
      await assert.rejects(waiting, /changed my mind/)
      await store.campaign('other', { value: 'b', ttlMs: TTL_MS, signal })
    },
  ),

  conformanceCase('observers see no leader, each leader and its end', async ({ store, signal }) => {
    const views = store.observeLeader('leader', { signal })
    assert.deepEqual(await take(views, 1), [undefined])
    const first = await stand(store, 'a:1', signal)
    assert.deepEqual(await take(views, 1), [{ token: first.token, value: 'a:1' }])
    await first.resign()
    assert.deepEqual(await take(views, 1), [undefined])
    const second = await stand(store, 'b:1', signal)
    assert.deepEqual(await take(views, 1), [{ token: second.token, value: 'b:1' }])
  }),

  conformanceCase(
    'closing the store gives up leadership and ends observers',
    async ({ store, test: given, signal }) => {
      const second = await given.second()
      const held = await stand(store, 'a', signal)
      const views = take(store.observeLeader('leader', { signal }), 2)
      await store.close()
      assert.equal(held.lost.aborted, true)
      assert.ok((await views).length <= 1)
      if (second !== undefined) assert.ok((await stand(second, 'b', signal)).token > held.token)
    },
  ),

  conformanceCase('two clients never lead at once', async ({ store, test: given, signal }) => {
    const second = await given.second()
    if (second === undefined) return
    const first = await stand(store, 'a', signal)
    await assert.rejects(stand(second, 'b', AbortSignal.timeout(600)), { name: 'TimeoutError' })
    assert.deepEqual(await take(second.observeLeader('leader', { signal }), 1), [{ token: first.token, value: 'a' }])
    await first.resign()
    await stand(second, 'b', signal)
  }),
]
