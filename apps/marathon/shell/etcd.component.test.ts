/** Marathon on a real etcd: what a new leader loads, how one follows another, and what a deposed one can still write. */
import { storePrefix } from '@thermosphere/marathon-core'
import { Deposed, openStore } from '@thermosphere/store'
import { EtcdCluster } from '@thermosphere/store/testing'
import { eventually, freePort } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { storePageMax } from '../limits.ts'
import { FakeMaster } from '../test-kit/fake-master.ts'
import { MarathonProcess } from '../test-kit/marathon-process.ts'
import { loadFrom, startShell } from '../test-kit/test-shell.ts'

let etcd: EtcdCluster
before(async () => {
  etcd = await EtcdCluster.start()
})
after(() => etcd.close())

const createApp = (id: string) =>
  ({
    type: 'create-app',
    body: { id, cmd: 'sleep 1000', instances: 0 },
    force: false,
    audit: { clientIp: '', uri: '' },
  }) as const

/** A term on a store of its own, with an election that it won; its master is not there. */
async function openTerm(prefix: string) {
  const store = await openStore(etcd.url(prefix))
  const { signal } = new AbortController()
  const leadership = await store.campaign('marathon', { value: '', ttlMs: 60_000, signal })
  const { shell, failures } = await startShell(store, leadership)
  const close = async (): Promise<void> => {
    await shell.close()
    await store.close()
  }
  return { shell, failures, close }
}

const loaded = async (prefix: string) => {
  const store = await openStore(etcd.url(prefix))
  const state = await loadFrom(store)
  await store.close()
  return state
}

test('more values than one page are loaded from etcd, each once', async () => {
  const prefix = 'marathon-load'
  const term = await openTerm(prefix)
  assert.equal((await term.shell.command(createApp('/web'))).status, 201)
  await term.close()
  const { version } = (await loaded(prefix)).root.apps.get('/web') ?? assert.fail('the app is not stored')
  const store = await openStore(etcd.url(prefix))
  const [{ key, value } = assert.fail('the app is not stored')] = (await store.list(`${storePrefix}app/`)).entries
  const older = Array.from({ length: storePageMax }, (_, i) => new Date(i * 1000).toISOString())
  for (let i = 0; i < older.length; i += 100) {
    const operations = older.slice(i, i + 100).map((at) => {
      return { type: 'put', key: key.replace(version, at), value: value.replaceAll(version, at) } as const
    })
    await store.transact({ operations })
  }
  await store.close()
  const versions = (await loaded(prefix)).appVersions.get('/web') ?? []
  assert.deepEqual(
    versions.map((app) => app.version),
    [...older, version],
  )
})

test('[marathon 123] when its leader is killed the next one finds its instances in etcd and goes on', async () => {
  const master = new FakeMaster()
  const common = { masterPort: await master.listen(), store: etcd.url('marathon-failover') }
  const first = new MarathonProcess({ ...common, port: await freePort() })
  const second = new MarathonProcess({ ...common, port: await freePort() })
  const running = async (marathon: MarathonProcess, count: number): Promise<string[]> =>
    eventually(`${count} instances run`, async () => {
      const { tasks } = await marathon.read<{ tasks: { id: string; state: string }[] }>('/v2/apps/web/tasks')
      const ids = tasks.filter(({ state }) => state === 'TASK_RUNNING').map(({ id }) => id)
      return ids.length === count && ids
    })
  try {
    await first.start()
    await second.start()
    assert.equal(
      (await second.post('/v2/apps', { id: '/web', cmd: 'sleep 1000', instances: 2, cpus: 0.1 })).status,
      201,
    )
    const [before = [], scale] = [await running(first, 2), { method: 'PUT', body: '{"instances":3}' }]
    await first.kill()
    await eventually('the other leads', async () => (await second.read('/v2/leader'))['leader'] === second.host)
    assert.equal((await second.fetch('/v2/apps/web', scale)).status, 200)
    const now = await running(second, 3)
    assert.deepEqual(
      before.filter((id) => !now.includes(id)),
      [],
    )
    assert.equal(master.tasks.size, 3)
  } finally {
    await first.kill()
    await second.kill()
    await master.close()
  }
})

test('a term that was deposed and does not know it is refused by etcd, and what it was asked is in no store', async () => {
  const prefix = 'marathon-fence'
  const old = await openTerm(prefix)
  assert.equal((await old.shell.command(createApp('/kept'))).status, 201)
  await etcd.ctl(['del', `${prefix}/election/marathon`])
  const next = await openTerm(prefix)
  const late = old.shell.command(createApp('/late'))
  await eventually('the write is refused', () => Promise.resolve(old.failures.length > 0))
  assert.ok(old.failures[0] instanceof Deposed, String(old.failures))
  await old.close()
  assert.equal((await late).status, 503)
  assert.equal((await next.shell.command(createApp('/next'))).status, 201)
  await next.close()
  assert.deepEqual([...(await loaded(prefix)).root.apps.keys()].toSorted(), ['/kept', '/next'])
})
