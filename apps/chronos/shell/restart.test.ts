/** Chronos as a process of its own, ended with kill -9 and started again on the same store, under a master that stays. */
import { freePort } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ChronosProcess } from '../test-kit/chronos-process.ts'
import { FakeMaster } from '../test-kit/fake-master.ts'
import { eventually } from '../test-kit/server.ts'

async function withProcess(
  outcome: 'finishes' | 'stays',
  work: (rig: { master: FakeMaster; chronos: ChronosProcess }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'chronos-restart-'))
  const master = new FakeMaster(
    outcome === 'finishes' ? { outcome: () => ['TASK_RUNNING', 'TASK_FINISHED'] } : undefined,
  )
  const chronos = new ChronosProcess({ master: await master.listen(), dir, port: await freePort() })
  try {
    await chronos.start()
    await eventually(() => master.isSubscribed)
    await work({ master, chronos })
  } finally {
    await chronos.kill()
    await master.close()
    await rm(dir, { recursive: true })
  }
}

const far = 'R/2099-01-01T00:00:00Z/P1D'
const dueOf = (taskId: string): number => Number(taskId.split(':')[1])

test('[chronos 83] [chronos 84] a run that ends while Chronos is dead is learned of, and not run again', async () => {
  await withProcess('stays', async ({ master, chronos }) => {
    await chronos.post({ name: 'j', command: 'sleep 60' })
    await chronos.post({ name: 'child', command: 'true', parents: ['j'] })
    await eventually(async () => (await chronos.runs('j'))[0]?.['state'] === 'running')
    const [taskId = ''] = master.taskIds
    await chronos.kill()
    master.tell(taskId, 'TASK_FINISHED')
    await chronos.start()
    await eventually(async () => (await chronos.read('job/j'))['successCount'] === 1)
    await eventually(() => master.launches.length === 2)
    assert.deepEqual(
      master.launches.map(({ name }) => name),
      ['ChronosTask:j', 'ChronosTask:child'],
    )
    assert.equal(master.frameworkCount, 1)
  })
})

test('[chronos 84] [chronos 85] launched runs are asked about before anything new is launched', async () => {
  await withProcess('stays', async ({ master, chronos }) => {
    await chronos.post({ name: 'running', command: 'sleep 60' })
    await eventually(async () => (await chronos.runs('running'))[0]?.['state'] === 'running')
    await fetch(`${chronos.url}/job/running`, { method: 'PUT' })
    await chronos.kill()
    const before = master.calls.length
    await chronos.start()
    await chronos.post({ name: 'other', command: 'true' })
    await eventually(() => master.launches.length === 2)
    const calls = master.calls.slice(before)
    const asked = calls.findIndex(({ reconcile }) => (reconcile?.tasks ?? []).length > 0)
    const accepted = calls.findIndex(({ type }) => type === 'ACCEPT')
    assert.ok(asked !== -1 && asked < accepted, 'RECONCILE before ACCEPT')
    assert.equal(calls[asked]?.reconcile?.tasks?.[0]?.task_id.value, master.taskIds[0])
    // The run by hand still waits for the first one.
    assert.deepEqual(
      (await chronos.runs('running')).map(({ state }) => state),
      ['queued', 'running'],
    )
  })
})

test('a launch that was decided but never arrived is made after the restart, once', async () => {
  await withProcess('stays', async ({ master, chronos }) => {
    master.losesAccepts = true
    await chronos.post({ name: 'j', command: 'sleep 60' })
    await eventually(() => master.calls.some(({ type }) => type === 'ACCEPT'))
    await chronos.kill()
    master.losesAccepts = false
    await chronos.start()
    await eventually(async () => (await chronos.runs('j'))[0]?.['state'] === 'running')
    assert.equal(master.launches.length, 1)
    assert.equal((await chronos.runs('j')).length, 1)
  })
})

test('[chronos 48] [chronos 75] edge counters, history and statistics outlive kill -9', async () => {
  await withProcess('finishes', async ({ master, chronos }) => {
    await chronos.post({ name: 'a', command: 'true', schedule: far })
    await chronos.post({ name: 'b', command: 'true', schedule: far })
    await chronos.post({ name: 'c', command: 'true', parents: ['a', 'b'] })
    await fetch(`${chronos.url}/job/a`, { method: 'PUT' })
    await eventually(async () => (await chronos.read('job/a'))['successCount'] === 1)
    const before = await chronos.read('job/stat/a')
    await chronos.kill()
    await chronos.start()
    assert.deepEqual(await chronos.read('job/stat/a'), before)
    await fetch(`${chronos.url}/job/b`, { method: 'PUT' })
    await eventually(async () => (await chronos.read('job/c'))['successCount'] === 1)
    assert.equal(master.launches.filter(({ name }) => name === 'ChronosTask:c').length, 1)
  })
})

test('[chronos 21] [chronos 32] over kills in mid-run no nominal time is run twice, and a gap becomes one run', async () => {
  await withProcess('finishes', async ({ master, chronos }) => {
    await chronos.post({ name: 'tick', command: 'true', schedule: 'R//PT1S' })
    const pauses = [300, 2_500, 50]
    for (const pauseMs of pauses) {
      const count = master.launches.length
      await eventually(() => master.launches.length > count)
      await chronos.kill()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await chronos.start()
    }
    const count = master.launches.length
    await eventually(() => master.launches.length > count)
    const dues = master.taskIds.map(dueOf)
    assert.equal(new Set(dues).size, dues.length, 'a nominal time was run twice')
    const [first = 0] = dues
    assert.ok(dues.every((due) => (due - first) % 1000 === 0))
    const runs = await chronos.runs('tick')
    const covered = runs.reduce(
      (sum, { state, occurrences }) => sum + (state === 'missed' ? Number(occurrences) : 1),
      0,
    )
    const last = Math.max(
      ...runs.filter(({ taskId }) => taskId !== undefined).map(({ taskId }) => dueOf(String(taskId))),
    )
    assert.equal(covered, (last - first) / 1000 + 1, 'every nominal time was run or is written down as coalesced')
  })
})

test('an acknowledged deletion survives kill -9', async () => {
  await withProcess('finishes', async ({ master, chronos }) => {
    await chronos.post({ name: 'j', command: 'true', schedule: far })
    assert.equal((await fetch(`${chronos.url}/job/j`, { method: 'DELETE' })).status, 204)
    await chronos.kill()
    await chronos.start()
    assert.equal((await fetch(`${chronos.url}/job/j`)).status, 400)
    assert.equal(master.launches.length, 0)
  })
})
