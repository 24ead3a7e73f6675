/** Two Chronos processes on one store: one leads, the other hands on and takes over. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ChronosProcess, freePort } from '../test-kit/chronos-process.ts'
import { FakeMaster } from '../test-kit/fake-master.ts'
import { eventually } from '../test-kit/server.ts'

async function withPair(
  work: (rig: { master: FakeMaster; first: ChronosProcess; second: ChronosProcess }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'chronos-pair-'))
  const master = new FakeMaster()
  const address = await master.listen()
  const first = new ChronosProcess({ master: address, dir, port: await freePort() })
  const second = new ChronosProcess({ master: address, dir, port: await freePort() })
  try {
    await first.start()
    await second.start()
    await work({ master, first, second })
  } finally {
    await first.kill()
    await second.kill()
    await master.close()
    await rm(dir, { recursive: true })
  }
}

test('[chronos 82] the standby hands requests on to the leader, answers, errors and events included', async () => {
  await withPair(async ({ master, first, second }) => {
    const leader = await first.read('leader')
    assert.deepEqual(await second.read('leader'), leader)
    await second.post({ name: 'j', command: 'sleep 60' })
    await eventually(async () => (await first.runs('j'))[0]?.['state'] === 'running')
    assert.deepEqual(await second.runs('j'), await first.runs('j'))
    const unknown = await fetch(`${second.url}/job/x`)
    assert.equal(unknown.status, 400)
    assert.match(await unknown.text(), /requirement failed: Job 'x' not found/)
    const events = await fetch(`${second.url}/events`)
    assert.match(events.headers.get('content-type') ?? '', /event-stream/)
    await events.body?.cancel()
    assert.equal(master.calls.filter(({ type }) => type === 'SUBSCRIBE').length, 1)
  })
})

test('[chronos 82] [chronos 83] [chronos 84] the standby takes over in mid-run, and the run ends once', async () => {
  await withPair(async ({ master, first, second }) => {
    await first.post({ name: 'j', command: 'sleep 60' })
    await first.post({ name: 'child', command: 'true', parents: ['j'] })
    await eventually(async () => (await first.runs('j'))[0]?.['state'] === 'running')
    const [taskId = ''] = master.taskIds
    await first.kill()
    master.tell(taskId, 'TASK_FINISHED')
    await eventually(
      async () => ((await second.read('job/j').catch(() => ({}))) as { successCount?: number }).successCount === 1,
    )
    await eventually(() => master.launches.length === 2)
    assert.equal(master.frameworkCount, 1)
    await first.start()
    const { leader } = await first.read('leader')
    assert.equal(leader, new URL(second.url).host)
  })
})

test('a leader that is stopped keeps its office for a while; once it is dead the standby serves', async () => {
  await withPair(async ({ first, second }) => {
    first.pause()
    const answer = await fetch(`${second.url}/jobs`, { signal: AbortSignal.timeout(200) }).catch(() => undefined)
    assert.equal(answer, undefined)
    await first.kill()
    const statuses = new Set<number>()
    await eventually(async () => {
      const { status } = await fetch(`${second.url}/jobs`)
      statuses.add(status)
      return status === 200
    })
    assert.ok([...statuses].every((status) => status === 200 || status === 503))
  })
})
