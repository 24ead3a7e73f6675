import assert from 'node:assert/strict'
import { STORE_LIMITS } from '../limits.ts'
import { listPages } from '../list-pages.ts'
import type { Condition } from '../store.ts'
import { apply, contents, put, remove, removeUnder, revisionOf, conformanceCase } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

const conditions: readonly [string, (revision: number) => Condition, boolean][] = [
  ['absent holds for an absent key', () => ({ type: 'absent', key: 'none' }), true],
  ['absent fails for a present key', () => ({ type: 'absent', key: 'a' }), false],
  ['revision holds for the present revision', (revision) => ({ type: 'revision', key: 'a', revision }), true],
  ['revision fails for an older one', (revision) => ({ type: 'revision', key: 'a', revision: revision - 1 }), false],
  ['revision fails for an absent key', (revision) => ({ type: 'revision', key: 'none', revision }), false],
]

export const keyValueCases: readonly ConformanceCase[] = [
  conformanceCase('an absent key is undefined, a put one has value and revision', async ({ store }) => {
    assert.equal(await store.get('a'), undefined)
    const revision = await apply(store, put('a', 'one'))
    assert.deepEqual(await store.get('a'), { key: 'a', value: 'one', revision })
  }),

  conformanceCase('each changing transaction gets a greater revision, shared by all its keys', async ({ store }) => {
    const first = await apply(store, put('a', '1'), put('b', '1'))
    const second = await apply(store, put('b', '2'))
    assert.ok(second > first)
    assert.equal((await store.get('a'))?.revision, first)
    assert.equal((await store.get('b'))?.revision, second)
  }),

  conformanceCase('a transaction that changes nothing is applied and leaves the revision', async ({ store }) => {
    const revision = await apply(store, put('a', '1'))
    assert.deepEqual(await store.transact({ operations: [] }), { applied: true, revision })
    assert.deepEqual(await store.transact({ operations: [remove('zz'), removeUnder('y/')] }), {
      applied: true,
      revision,
    })
  }),

  conformanceCase('delete and delete-prefix remove what they name and nothing else', async ({ store }) => {
    await apply(store, put('a/1', 'x'), put('a/2', 'x'), put('ab', 'x'), put('b', 'x'))
    await apply(store, removeUnder('a/'))
    assert.deepEqual(await contents(store), { ab: 'x', b: 'x' })
    await apply(store, remove('ab'))
    assert.deepEqual(await contents(store), { b: 'x' })
    await apply(store, removeUnder(''))
    assert.deepEqual(await contents(store), {})
  }),

  conformanceCase('operations of one transaction take effect in order', async ({ store }) => {
    await apply(store, put('a/1', 'old'), put('a/2', 'old'))
    await apply(
      store,
      put('a/3', 'gone'),
      removeUnder('a/'),
      put('a/1', 'new'),
      put('b', '1'),
      remove('b'),
      put('b', '2'),
    )
    assert.deepEqual(await contents(store), { 'a/1': 'new', b: '2' })
  }),

  ...conditions.map(([title, build, holds]) =>
    conformanceCase(`condition ${title}`, async ({ store }) => {
      await apply(store, put('0', 'x'))
      const revision = await apply(store, put('a', 'x'))
      const result = await store.transact({
        conditions: [{ type: 'absent', key: 'never' }, build(revision)],
        operations: [put('b', 'written')],
      })
      if (holds) assert.equal(result.applied, true)
      else assert.deepEqual(result, { applied: false, failed: 1 })
      assert.equal((await store.get('b'))?.value, holds ? 'written' : undefined)
    }),
  ),

  conformanceCase('of many concurrent compare-and-sets on one key exactly one wins', async ({ store }) => {
    const revision = await apply(store, put('lock', 'free'))
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        store.transact({
          conditions: [{ type: 'revision', key: 'lock', revision }],
          operations: [put('lock', `${i}`)],
        }),
      ),
    )
    assert.equal(results.filter(({ applied }) => applied).length, 1)
    assert.equal(results[0]?.applied, true)
    assert.equal((await store.get('lock'))?.value, '0')
  }),

  conformanceCase('concurrent transactions are applied in call order', async ({ store }) => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => store.transact({ operations: [put('n', `${i}`)] })),
    )
    const revisions = results.map(revisionOf)
    assert.deepEqual(
      revisions,
      [...revisions].sort((a, b) => a - b),
    )
    assert.equal(new Set(revisions).size, 200)
    assert.equal((await store.get('n'))?.value, '199')
  }),

  conformanceCase('a transaction of thousands of writes is applied as one', async ({ store }) => {
    const keys = Array.from({ length: 4096 }, (_, i) => `k/${String(i).padStart(4, '0')}`)
    const value = 'x'.repeat(200)
    const revision = await apply(store, put('k/gone', ''), removeUnder('k/'), ...keys.map((key) => put(key, value)))
    const { entries } = await store.list('k/')
    assert.deepEqual(
      entries,
      keys.map((key) => ({ key, value, revision })),
    )
    await apply(store, ...keys.map(remove))
    assert.deepEqual(await contents(store), {})
  }),

  conformanceCase('a transaction of several megabytes is applied whole, or not at all', async ({ store }) => {
    const value = (fill: string): string => fill.repeat(100_000)
    const keys = Array.from({ length: 40 }, (_, i) => `k/${i}`)
    const revision = await apply(store, put('k/gone', ''))
    const large = [removeUnder('k/'), ...keys.map((key) => put(key, value('a')))]
    const refused = await store.transact({ conditions: [{ type: 'absent', key: 'k/gone' }], operations: large })
    assert.deepEqual(refused, { applied: false, failed: 0 })
    assert.deepEqual(await contents(store), { 'k/gone': '' })
    const result = await store.transact({
      conditions: [{ type: 'revision', key: 'k/gone', revision }],
      operations: large,
    })
    assert.equal(result.applied, true)
    assert.deepEqual(await contents(store), Object.fromEntries(keys.map((key) => [key, value('a')])))
    assert.ok(revisionOf(await store.transact({ operations: [put('z', '')] })) > revisionOf(result))
  }),

  conformanceCase('a read sees the transactions that were called before it', async ({ store }) => {
    const pending = [store.transact({ operations: [put('a', '1')] }), store.transact({ operations: [put('b', '1')] })]
    assert.deepEqual(await contents(store), { a: '1', b: '1' })
    await Promise.all(pending)
  }),

  conformanceCase('list is in the order of code points, with limit, after and more', async ({ store }) => {
    const keys = ['k/', 'k/B', 'k/a', 'k/a/b', 'k/é', 'k/\uffee', 'k/\u{1F600}']
    const revision = await apply(store, ...[...keys].reverse().map((key) => put(key, key)), put('l', ''), put('j', ''))
    const all = await store.list('k/')
    assert.deepEqual(all, { entries: keys.map((key) => ({ key, value: key, revision })), revision, more: false })
    const page = await store.list('k/', { limit: 2, after: 'k/B' })
    assert.deepEqual([page.entries.map(({ key }) => key), page.more], [['k/a', 'k/a/b'], true])
    const last = await store.list('k/', { limit: 2, after: 'k/é' })
    assert.deepEqual([last.entries.map(({ key }) => key), last.more], [['k/\uffee', 'k/\u{1F600}'], false])
    assert.deepEqual((await store.list('none/')).entries, [])
  }),

  conformanceCase('a listing in pages has every entry once, and ends when a page is just full', async ({ store }) => {
    await apply(store, ...['k/a', 'k/b', 'k/c', 'k/d', 'l'].map((key) => put(key, '')))
    const pagesOf = async (limit: number) => {
      const pages = await Array.fromAsync(listPages(store, 'k/', limit))
      return pages.map((entries) => entries.map(({ key }) => key))
    }
    assert.deepEqual(await pagesOf(2), [
      ['k/a', 'k/b'],
      ['k/c', 'k/d'],
    ])
    assert.deepEqual(await pagesOf(3), [['k/a', 'k/b', 'k/c'], ['k/d']])
  }),

  conformanceCase('values keep every character, also an empty text', async ({ store }) => {
    const value = 'line\r\n\0"\\\u2028 ünï \u{1F600}'
    await apply(store, put('a', value), put('b', ''))
    assert.deepEqual(await contents(store), { a: value, b: '' })
  }),

  conformanceCase('keys and values outside the limits are refused and nothing is written', async ({ store }) => {
    const tooLong = 'x'.repeat(STORE_LIMITS.keyBytesMax + 1)
    const tooLarge = 'x'.repeat(STORE_LIMITS.valueBytesMax + 1)
    for (const operation of [
      put('', 'x'),
      put('a\n', 'x'),
      put(tooLong, 'x'),
      put('a', tooLarge),
      put('\ud800', 'x'),
    ]) {
      await assert.rejects(store.transact({ operations: [put('ok', 'x'), operation] }), {
        code: 'STORE_ARGUMENT_INVALID',
      })
    }
    assert.deepEqual(await contents(store), {})
    await apply(store, put('x'.repeat(STORE_LIMITS.keyBytesMax), 'x'.repeat(STORE_LIMITS.valueBytesMax)))
  }),

  conformanceCase('everything is refused after close, and closing twice is fine', async ({ store }) => {
    const pending = store.transact({ operations: [put('a', '1')] })
    await Promise.all([store.close(), store.close()])
    assert.equal((await pending).applied, true)
    await assert.rejects(store.get('a'), { code: 'STORE_CLOSED' })
    await assert.rejects(store.transact({ operations: [] }), { code: 'STORE_CLOSED' })
    await assert.rejects(store.campaign('x', { value: '', ttlMs: 1000, signal: new AbortController().signal }), {
      code: 'STORE_CLOSED',
    })
  }),
]
