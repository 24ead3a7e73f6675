/** Chronos on a real etcd: what a new leader loads, how one follows another, and what a deposed one can still write. */
import { freePort } from '@thermosphere/test-kit'
import { Deposed, openStore } from '@thermosphere/store'
import { EtcdCluster } from '@thermosphere/store/testing'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadPage } from '../limits.ts'
import { ChronosProcess } from '../test-kit/chronos-process.ts'
import { FakeMaster } from '../test-kit/fake-master.ts'
import { eventually, startServer } from '../test-kit/server.ts'

let etcd: EtcdCluster
before(async () => {
  etcd = await EtcdCluster.start()
})
after(() => etcd.close())

const yearly = { command: 'true', schedule: 'R/2099-01-01T00:00:00Z/P1Y' }

const post = (url: string, job: object): Promise<Response> =>
  fetch(`${url}/v1/scheduler/iso8601`, { method: 'POST', body: JSON.stringify(job) })

const jobNames = async (url: string): Promise<string[]> =>
  ((await (await fetch(`${url}/v1/scheduler/jobs`)).json()) as { name: string }[]).map(({ name }) => name)

test('more jobs than one page of etcd are loaded, each once', async () => {
  const url = etcd.url('chronos-load')
  const store = await openStore(url)
  const master = new FakeMaster()
  const first = await startServer({ store: url, master: await master.listen() })
  assert.equal((await post(first.url, { ...yearly, name: 'model' })).status, 204)
  await first.close()
  const { value } = (await store.get('jobs/model')) ?? assert.fail('the job is not stored')
  const names = Array.from({ length: loadPage + 1 }, (_, i) => `job-${i}`)
  for (let i = 0; i < names.length; i += 100) {
    const operations = names.slice(i, i + 100).map(
      (name) =>
        ({
          type: 'put',
          key: `jobs/${name}`,
          value: value.replaceAll('"model"', JSON.stringify(name)),
        }) as const,
    )
    await store.transact({ operations })
  }
  const second = await startServer({ store: url })
  assert.deepEqual((await jobNames(second.url)).toSorted(), [...names, 'model'].toSorted())
  await second.close()
  await store.close()
  await master.close()
})

test('[chronos 82] [chronos 83] when its leader is killed the next one finds its runs in etcd and ends them once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'chronos-etcd-'))
  const master = new FakeMaster()
  const common = { master: await master.listen(), dir, store: etcd.url('chronos-failover') }
  const first = new ChronosProcess({ ...common, port: await freePort() })
  const second = new ChronosProcess({ ...common, port: await freePort() })
  try {
    await first.start()
    await second.start()
    await second.post({ name: 'j', command: 'sleep 60' })
    await eventually(async () => (await first.runs('j'))[0]?.['state'] === 'running')
    const [taskId = ''] = master.taskIds
    await first.kill()
    master.tell(taskId, 'TASK_FINISHED')
    await eventually(async () => (await second.read('job/j').catch(() => undefined))?.['successCount'] === 1)
    assert.equal(master.launches.length, 1)
    assert.equal(master.frameworkCount, 1)
  } finally {
    await first.kill()
    await second.kill()
    await master.close()
    await rm(dir, { recursive: true })
  }
})

test('a term that was deposed and does not know it is refused by etcd, and what it was asked is in no store', async () => {
  const prefix = 'chronos-fence'
  const master = new FakeMaster()
  const old = await startServer({ store: etcd.url(prefix), master: await master.listen() })
  assert.equal((await post(old.url, { ...yearly, name: 'kept' })).status, 204)
  await etcd.ctl(['del', `${prefix}/election/test`])
  const next = await startServer({ store: etcd.url(prefix) })
  const document = { ...yearly, name: 'late' }
  const late = assert.rejects(old.chronos.command({ type: 'put-job', document, endpoint: 'iso8601' }), { status: 503 })
  await eventually(() => old.errors.length > 0)
  assert.ok(old.errors[0] instanceof Deposed, String(old.errors))
  await old.close()
  await late
  await next.close()
  const third = await startServer({ store: etcd.url(prefix) })
  assert.deepEqual(await jobNames(third.url), ['kept'])
  await third.close()
  await master.close()
})
