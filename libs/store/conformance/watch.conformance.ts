import assert from 'node:assert/strict'
import { STORE_LIMITS } from '../limits.ts'
import { apply, put, remove, removeUnder, take, conformanceCase } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const watchCases: readonly ConformanceCase[] = [
  conformanceCase('a watch sees what was called after it, and only under its prefix', async ({ store, signal }) => {
    await apply(store, put('w/0', 'before'))
    const watch = store.watch('w/', { signal })
    void apply(store, put('x', 'other'))
    const first = await apply(store, put('w/1', 'a'), put('x', 'other'), put('w/0', 'b'))
    const second = await apply(store, removeUnder('w/'))
    assert.deepEqual(await take(watch, 2), [
      {
        revision: first,
        changes: [
          { key: 'w/0', value: 'b' },
          { key: 'w/1', value: 'a' },
        ],
      },
      {
        revision: second,
        changes: [
          { key: 'w/0', value: undefined },
          { key: 'w/1', value: undefined },
        ],
      },
    ])
  }),

  conformanceCase('a watch waits for changes that come later', async ({ store, signal }) => {
    const watch = store.watch('', { signal })
    const next = take(watch, 1)
    await store.get('nothing yet')
    const revision = await apply(store, put('a', '1'))
    assert.deepEqual(await next, [{ revision, changes: [{ key: 'a', value: '1' }] }])
  }),

  conformanceCase('a watch resumes after a revision and skips none', async ({ store, signal }) => {
    const revisions: number[] = []
    for (let i = 0; i < 20; i++) revisions.push(await apply(store, put('n', `${i}`)))
    const watch = store.watch('', { fromRevision: revisions[4] ?? 0, signal })
    const batches = await take(watch, 15)
    assert.deepEqual(
      batches.map(({ revision }) => revision),
      revisions.slice(5),
    )
    assert.deepEqual(
      batches.map(({ changes }) => changes[0]?.value),
      Array.from({ length: 15 }, (_, i) => `${i + 5}`),
    )
  }),

  conformanceCase('list and a watch from its revision give every state without a gap', async ({ store, signal }) => {
    const writes = Array.from({ length: 100 }, (_, i) => store.transact({ operations: [put(`k/${i}`, '1')] }))
    const { entries, revision } = await store.list('k/')
    await Promise.all(writes)
    await apply(store, put('k/end', '1'))
    const seen = new Set(entries.map(({ key }) => key))
    for await (const batch of store.watch('k/', { fromRevision: revision, signal })) {
      for (const { key } of batch.changes) seen.add(key)
      if (seen.has('k/end')) break
    }
    assert.equal(seen.size, 101)
  }),

  conformanceCase('a transaction whose changes cancel out is not reported', async ({ store, signal }) => {
    const watch = store.watch('', { signal })
    await apply(store, put('a', '1'), remove('a'))
    const revision = await apply(store, put('b', '1'))
    assert.deepEqual(await take(watch, 1), [{ revision, changes: [{ key: 'b', value: '1' }] }])
  }),

  conformanceCase('a watch ends when its signal aborts and when the store closes', async ({ store, signal }) => {
    const abort = new AbortController()
    const aborted = take(store.watch('', { signal: abort.signal }), 1)
    const closed = take(store.watch('', { signal }), 1)
    const never = take(store.watch('', { signal: AbortSignal.abort() }), 1)
    abort.abort()
    assert.deepEqual(await aborted, [])
    assert.deepEqual(await never, [])
    await store.close()
    assert.deepEqual(await closed, [])
  }),

  conformanceCase('a revision that is no longer kept is told, newer ones still work', async (given) => {
    const { store, signal, test } = given
    const first = await apply(store, put('n', 'first'))
    const kept =
      test.compact === undefined ? STORE_LIMITS.changeLogRevisions + STORE_LIMITS.changeLogSlackRevisions : 1000
    const writes = Array.from({ length: kept + 1 }, (_, i) => store.transact({ operations: [put('n', `${i}`)] }))
    await Promise.all(writes)
    const { revision } = await store.list('')
    await test.compact?.(revision - 999)
    await assert.rejects(take(store.watch('', { fromRevision: first, signal }), 1), { code: 'STORE_COMPACTED' })
    const [batch] = await take(store.watch('', { fromRevision: revision - 1000, signal }), 1)
    assert.equal(batch?.revision, revision - 999)
  }),

  conformanceCase('another client sees the changes', async ({ store, test: given, signal }) => {
    const second = await given.second()
    if (second === undefined) return
    const watch = second.watch('', { signal })
    const next = take(watch, 1)
    await second.get('the watch has its place')
    const revision = await apply(store, put('a', '1'))
    assert.deepEqual(await next, [{ revision, changes: [{ key: 'a', value: '1' }] }])
    assert.equal((await second.get('a'))?.value, '1')
  }),
]
