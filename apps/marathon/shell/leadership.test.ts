/** Two Marathon processes on one store: one leads, the other hands on and takes over. */
import { isSqliteLocked } from '@thermosphere/store/testing'
import { eventually, freePort } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FakeMaster } from '../test-kit/fake-master.ts'
import { MarathonProcess } from '../test-kit/marathon-process.ts'

type Rig = {
  readonly master: FakeMaster
  readonly first: MarathonProcess
  readonly second: MarathonProcess
  readonly storePath: string
}
type Task = { readonly id: string; readonly state: string }

async function withPair(work: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'marathon-pair-'))
  const master = new FakeMaster()
  const storePath = join(dir, 'marathon.db')
  const common = { masterPort: await master.listen(), store: `sqlite:${storePath}` }
  const first = new MarathonProcess({ ...common, port: await freePort() })
  const second = new MarathonProcess({ ...common, port: await freePort() })
  try {
    await first.start()
    await second.start()
    await work({ master, first, second, storePath })
  } finally {
    await first.kill()
    await second.kill()
    await master.close()
    await rm(dir, { recursive: true })
  }
}

const app = (instances: number, more: object = {}) => ({ id: '/web', cmd: 'sleep 1000', instances, cpus: 0.1, ...more })

const running = async (marathon: MarathonProcess, count: number): Promise<string[]> =>
  eventually(`${count} instances run`, async () => {
    const { tasks } = await marathon.read<{ tasks: Task[] }>('/v2/apps/web/tasks')
    const ids = tasks.filter(({ state }) => state === 'TASK_RUNNING').map(({ id }) => id)
    return ids.length === count && ids.sort()
  })

test('[marathon 120] [marathon 121] both name one leader, and the standby hands on what it is asked', async () => {
  await withPair(async ({ first, second }) => {
    assert.deepEqual(await first.read('/v2/leader'), { leader: first.host })
    assert.deepEqual(await second.read('/v2/leader'), { leader: first.host })
    const created = await second.post('/v2/apps', app(1))
    assert.equal(created.status, 201)
    assert.equal(created.headers.get('x-marathon-via'), `1.1 ${second.host}`)
    assert.equal(created.headers.get('x-marathon-leader'), first.url)
    assert.equal((await second.post('/v2/apps', app(1))).status, 409)
    assert.deepEqual(await running(second, 1), await running(first, 1))
    const { elected, leader } = await second.read('/v2/info')
    assert.deepEqual({ elected, leader }, { elected: true, leader: first.host })
  })
})

test('[marathon 130] a standby sends event streams to the leader and recognises a loop', async () => {
  await withPair(async ({ first, second }) => {
    const moved = await second.fetch('/v2/events?event_type=x')
    assert.equal(moved.status, 302)
    assert.equal(moved.headers.get('location'), `${first.url}/v2/events?event_type=x`)
    const loop = await second.fetch('/v2/apps', { headers: { 'x-marathon-via': `1.1 ${second.host}` } })
    assert.equal(loop.status, 502)
    assert.equal(await loop.text(), 'Detected proxying loop.')
  })
})

test('[marathon 75] [marathon 123] a killed leader is succeeded in mid-deployment, and no task is restarted', async () => {
  await withPair(async ({ master, first, second }) => {
    await first.post('/v2/apps', app(2))
    const before = await running(first, 2)
    master.drop()
    assert.equal(
      (await first.fetch('/v2/apps/web', { method: 'PUT', body: JSON.stringify({ instances: 5 }) })).status,
      200,
    )
    await first.kill()
    const after = await running(second, 5)
    assert.deepEqual(
      before.filter((id) => after.includes(id)),
      before,
    )
    await eventually(
      'no deployment is left',
      async () => (await second.read<unknown[]>('/v2/deployments')).length === 0,
    )
    const subscribes = master.calls.filter(({ type }) => type === 'SUBSCRIBE')
    assert.deepEqual(subscribes.at(-1)?.framework_id, { value: 'framework-1' })
    assert.equal(master.tasks.size, 5)
  })
})

/** A process that is stopped amid a commit keeps the file locked, and with it everybody else out. */
async function stopBetweenWrites(marathon: MarathonProcess, storePath: string): Promise<void> {
  await eventually('it is stopped between two writes', async () => {
    marathon.signal('SIGSTOP')
    await sleep(20)
    if (!isSqliteLocked(storePath)) return true
    marathon.signal('SIGCONT')
    return false
  })
}

test('[reliability R10] a leader that was stopped past its lease finds its late writes refused and follows', async () => {
  await withPair(async ({ first, second, storePath }) => {
    await first.post('/v2/apps', app(1))
    await running(first, 1)
    await stopBetweenWrites(first, storePath)
    await eventually('the other leads', async () => (await second.read('/v2/leader'))['leader'] === second.host)
    assert.equal((await second.fetch('/v2/apps/web', { method: 'PUT', body: '{"instances":2}' })).status, 200)
    // It still believes that it leads when this reaches it.
    const late = first.post('/v2/apps', { ...app(1), id: '/late' })
    first.signal('SIGCONT')
    const { status } = await late
    const { apps } = await second.read<{ apps: { id: string }[] }>('/v2/apps')
    assert.equal(
      apps.some(({ id }) => id === '/late'),
      status === 201,
    )
    await eventually('it follows', async () => (await first.read('/v2/leader'))['leader'] === second.host)
    assert.deepEqual(await running(first, 2), await running(second, 2))
  })
})

test('[marathon 122] a leader that is asked to abdicate ends, and the other leads', async () => {
  await withPair(async ({ first, second }) => {
    const answer = await second.fetch('/v2/leader', { method: 'DELETE' })
    assert.deepEqual(await answer.json(), { message: 'Leadership abdicated', details: [] })
    assert.equal(await first.ended(), 0)
    await eventually('the other leads', async () => (await second.read('/v2/leader'))['leader'] === second.host)
  })
})
