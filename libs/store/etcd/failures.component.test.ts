/** One etcd that loses answers, is full, restored, secured, or not there. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openStore } from '../open-store.ts'
import { CuttingProxy, EtcdCluster } from '../testing/index.ts'
import type { EtcdClusterOptions } from '../testing/index.ts'
import { EtcdStore } from './etcd-store.ts'
import { parseEtcdUrl } from './etcd-url.ts'

const signal = new AbortController().signal
const put = (key: string, value: string) => ({ type: 'put', key, value }) as const

async function start(context: TestContext, options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start(options)
  context.after(() => cluster.close())
  return cluster
}

const open = (url: string, openTimeoutMs = 1_500) => EtcdStore.open(parseEtcdUrl(url), { openTimeoutMs })

test('a transaction whose answer is lost is applied exactly once and answered with its revision', async (context) => {
  const cluster = await start(context)
  const proxy = await CuttingProxy.start(Number(cluster.endpoints[0]?.split(':')[1]))
  const store = await open(`etcd://${proxy.endpoint}/cut`)
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: 10_000, signal })
  const conditions = [{ type: 'leader', leadership }] as const
  let revision = 0
  for (let i = 1; i <= 60; i++) {
    if (i % 2 === 0) proxy.cut(1)
    const result = await store.transact({ conditions, operations: [put('n', `${i}`), put(`each/${i}`, '')] })
    assert.ok(result.applied && result.revision > revision)
    revision = result.revision
    assert.deepEqual(await store.get('n'), { key: 'n', value: `${i}`, revision })
  }
  assert.ok(proxy.cutCount > 10, `${proxy.cutCount} answers were lost`)
  const stored: { kvs: { version: number }[] } = JSON.parse(await cluster.ctl(['get', 'cut/data/n', '-w', 'json']))
  assert.equal(stored.kvs[0]?.version, 60, 'the key was written once for each transaction')
  assert.equal((await store.list('each/')).entries.length, 60)
  await store.close()
  await proxy.close()
})

test('a full etcd is STORE_FULL, the leader stays and reads; with room again it writes', async (context) => {
  const cluster = await start(context, { args: ['--quota-backend-bytes=16777216'] })
  const store = await open(cluster.url('full'))
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: 2_000, signal })
  const conditions = [{ type: 'leader', leadership }] as const
  let count = 0
  const write = () =>
    store.transact({ conditions, operations: [put('k', 'x'.repeat(900_000)), put('n', `${count + 1}`)] })
  await assert.rejects(
    async () => {
      for (; count < 100; count++) await write()
    },
    { code: 'STORE_FULL', message: /space quota.*compact and defragment/ },
  )
  assert.equal((await store.get('n'))?.value, String(count))
  assert.equal(leadership.lost.aborted, false)
  await cluster.compact(await cluster.revision())
  await cluster.ctl(['defrag'])
  await cluster.ctl(['alarm', 'disarm'])
  assert.equal((await write()).applied, true)
  await store.close()
})

test('what an etcd that runs full refuses is not there, whoever else writes; what it took is told', async (context) => {
  const cluster = await start(context, { args: ['--quota-backend-bytes=33554432'] })
  const writers = await Promise.all(
    Array.from({ length: 16 }, async (_, i) => {
      const store = await open(cluster.url(`full-${i}`), 10_000)
      let count = 0
      const write = () => store.transact({ operations: [put('k', 'x'.repeat(500_000)), put('n', `${count + 1}`)] })
      const fill = async (): Promise<void> => {
        for (; count < 200; count++) await write()
      }
      return { store, write, told: () => String(count), filled: fill().catch((error: unknown) => error) }
    }),
  )
  for (const { filled } of writers) assert.equal(((await filled) as { code?: string }).code, 'STORE_FULL')
  for (const { store, told } of writers) assert.equal((await store.get('n'))?.value ?? '0', told())
  await cluster.compact(await cluster.revision())
  await cluster.ctl(['defrag'])
  await cluster.ctl(['alarm', 'disarm'])
  for (const { store, write } of writers) {
    assert.equal((await write()).applied, true)
    await store.close()
  }
})

for (const [title, token] of [
  ['as the same cluster', 'thermosphere-test'],
  ['as a new cluster', 'another-token'],
] as const) {
  test(`[reliability R9] a leader steps down when an older snapshot is restored ${title}, and a new one reads it whole`, async (context) => {
    const cluster = await start(context)
    const url = cluster.url('restored')
    const store = await open(url)
    const leadership = await store.campaign('leader', { value: 'x', ttlMs: 60_000, signal })
    const conditions = [{ type: 'leader', leadership }] as const
    await store.transact({ conditions, operations: [put('a', '1'), put('b', '1')] })
    await cluster.snapshot(join(cluster.directory, 'snapshot'))
    await store.transact({ conditions, operations: [put('a', '2'), put('b', '2')] })
    await cluster.restore(join(cluster.directory, 'snapshot'), token)
    // The restored data has the leader's key and lease: only the history tells.
    const code = token === 'another-token' ? 'STORE_FOREIGN' : 'STORE_RESTORED'
    await assert.rejects(store.transact({ conditions, operations: [put('a', '3')] }), { code })
    if (!leadership.lost.aborted) await once(leadership.lost, 'abort')
    await store.close()
    const fresh = await open(url)
    await cluster.ctl(['del', 'restored/election/leader'])
    await fresh.campaign('leader', { value: 'y', ttlMs: 2_000, signal })
    assert.deepEqual(
      (await fresh.list('')).entries.map(({ key, value }) => [key, value]),
      [
        ['a', '1'],
        ['b', '1'],
      ],
    )
    await fresh.close()
  })
}

test('an idle leader and a watcher notice by themselves that an older snapshot was restored', async (context) => {
  const cluster = await start(context)
  const store = await open(cluster.url('idle'))
  await cluster.snapshot(join(cluster.directory, 'snapshot'))
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: 3_000, signal })
  await store.transact({ operations: [put('a', '1')] })
  const watch = store.watch('', { signal })[Symbol.asyncIterator]().next()
  await store.get('a')
  const outcome = watch.catch((error: unknown) => error)
  await cluster.restore(join(cluster.directory, 'snapshot'))
  if (!leadership.lost.aborted) await once(leadership.lost, 'abort')
  assert.equal(((await outcome) as { code?: string }).code, 'STORE_RESTORED')
  await store.close()
})

test('a store behind TLS with client certificates and a login works; wrong ones are told', async (context) => {
  const cluster = await start(context, { tls: true, rootPassword: 'secret' })
  const store = await open(cluster.url('secured'))
  await store.transact({ operations: [put('a', '1')] })
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: 2_000, signal })
  assert.equal((await store.get('a'))?.value, '1')
  assert.equal(leadership.lost.aborted, false)
  await store.close()
  const wrong = join(cluster.directory, 'wrong')
  writeFileSync(wrong, 'wrong')
  await assert.rejects(open(cluster.url('secured', { password_file: wrong })), {
    code: 'STORE_UNAVAILABLE',
    message: /login or rights.*check user and password_file/,
  })
  await assert.rejects(
    open(cluster.url('secured', { password_file: `${wrong}/none` })),
    /password_file of the store cannot be read/,
  )
  const plain = `etcd://${cluster.endpoints[0]}/secured`
  await assert.rejects(open(plain), { code: 'STORE_UNAVAILABLE', message: /no etcd member answers \(tried 127/ })
  const untrusted = plain.replace('etcd:', 'etcds:').replace('127.0.0.1', 'localhost')
  await assert.rejects(open(untrusted), { code: 'STORE_UNAVAILABLE', message: /certificate/ })
})

test('a user without rights on the prefix is told so', async (context) => {
  const cluster = await start(context, { rootPassword: 'secret' })
  await cluster.ctl(['user', 'add', 'guest:guest'])
  await cluster.ctl(['role', 'add', 'guest'])
  await cluster.ctl(['role', 'grant-permission', '--prefix=true', 'guest', 'readwrite', 'ours/'])
  await cluster.ctl(['user', 'grant-role', 'guest', 'guest'])
  const file = join(cluster.directory, 'guest.password')
  writeFileSync(file, 'guest\n')
  const login = { user: 'guest', password_file: file }
  const store = await open(cluster.url('ours', login))
  assert.equal((await store.transact({ operations: [put('a', '1')] })).applied, true)
  await store.close()
  await assert.rejects(open(cluster.url('theirs', login)), { code: 'STORE_UNAVAILABLE', message: /login or rights/ })
})

test('an etcd that is not there is told with the members that were tried, after a bounded time', async () => {
  await assert.rejects(open('etcd://127.0.0.1:1,127.0.0.1:2/x'), {
    code: 'STORE_UNAVAILABLE',
    message: /^no etcd member answers \(tried 127.0.0.1:1, 127.0.0.1:2\); the last said 127.0.0.1:[12]: .*ECONNREFUSED/,
  })
})

test('a store of a newer format is refused', async (context) => {
  const cluster = await start(context)
  await (await openStore(cluster.url('newer'))).close()
  await cluster.ctl(['put', 'newer/format', '{"version":2}'])
  await assert.rejects(openStore(cluster.url('newer')), {
    code: 'STORE_SCHEMA_NEWER',
    message: /run the newer program/,
  })
})
