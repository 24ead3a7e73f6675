/** Two Chronos processes on one store: one leads, the other hands on and takes over. */
import { freePort } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ChronosProcess } from '../test-kit/chronos-process.ts'
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

test('[chronos 82] a leader that sleeps past its lease finds itself replaced: it writes nothing and hands on', async () => {
  await withPair(async ({ master, first, second }) => {
    await first.post({ name: 'before', command: 'sleep 60' })
    await eventually(async () => (await first.runs('before'))[0]?.['state'] === 'running')
    // Stopped in the middle of a write it would keep the file locked for everybody; after this answer it writes nothing.
    await first.post({ name: 'quiet', schedule: 'R1/2100-01-01T00:00:00Z/PT1H', command: 'true' })
    first.pause()
    // In its sockets it finds this when it wakes up; it must not take it as the leader that it was.
    const late = first.post({ name: 'late', command: 'true' }).then(
      () => 'taken',
      () => 'refused',
    )
    await eventually(async () => {
      const signal = AbortSignal.timeout(1_000)
      return (await fetch(`${second.url}/jobs`, { signal }).catch(() => undefined))?.ok
    })
    await second.post({ name: 'after', command: 'true' })
    first.resume()
    const isTaken = (await late) === 'taken'
    await eventually(async () => {
      const { leader } = await first.read('leader').catch(() => ({ leader: undefined }))
      return leader === new URL(second.url).host
    })
    const names = async (from: ChronosProcess) =>
      ((await from.read('jobs')) as unknown as { name: string }[]).map(({ name }) => name).toSorted()
    assert.deepEqual(await names(second), ['after', 'before', ...(isTaken ? ['late'] : []), 'quiet'])
    assert.deepEqual(await names(first), await names(second))
    assert.equal(master.frameworkCount, 1)
  })
})
