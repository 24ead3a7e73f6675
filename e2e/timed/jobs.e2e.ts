/** Jobs on a real cluster: on time, once each, with their output, whatever process is killed meanwhile. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addJob, at, ended, getJob, runsOf, underWay } from '../harness/chronos.ts'
import type { Run } from '../harness/chronos.ts'
import { startCluster } from '../harness/cluster.ts'
import type { Cluster } from '../harness/cluster.ts'
import { example } from '../harness/examples.ts'
import { processes } from '../harness/processes.ts'
import { readSandbox } from '../harness/sandbox.ts'

let cluster: Cluster

const lateMsMax = 2000
const failureRetryMs = 500

before(async () => {
  const resources = 'cpus:4;mem:2048;disk:2048;ports:[31000-31999]'
  const flags = ['--without', 'marathon', '--resources', resources, '--chronos-flag', `failure_retry=${failureRetryMs}`]
  cluster = await startCluster({ agents: 1, flags })
  // The rest of its minute passes while the other tests run.
  await addJob(cluster, { name: 'each-minute', schedule: '* * * * *', command: 'echo by cron' })
})
after(async () => {
  await cluster.remove()
})

const send = (method: string, path: string): Promise<unknown> =>
  cluster.send('chronos', `/v1/scheduler/${path}`, { method })

const stdout = (run: Run): Promise<string> => readSandbox(cluster, run, 'stdout')

/** The processes of a command that names itself in a way that nothing else does. */
const pidsOf = (mark: string): number[] =>
  processes()
    .filter(({ command }) => command.startsWith('sleep') && command.includes(mark))
    .map(({ pid }) => pid)

const isOnTime = (run: Run): void => {
  const lateMs = at(run.startedAt) - at(run.scheduledAt)
  assert.ok(lateMs >= 0 && lateMs < lateMsMax, `${run.id} started ${lateMs} ms after its time`)
}

test('[chronos] R3//PT3S runs three times, on time, its output one request away; its child follows each', async () => {
  await addJob(cluster, { name: 'thrice', schedule: 'R3//PT3S', command: 'echo "run of $CHRONOS_JOB_NAME"; pwd' })
  await addJob(cluster, { name: 'follower', parents: ['thrice'], command: 'echo after its parent' })
  const runs = await ended(cluster, 'thrice', 3)
  assert.deepEqual(
    runs.map(({ state, cause, attempt }) => ({ state, cause, attempt })),
    runs.map(() => ({ state: 'succeeded', cause: 'schedule', attempt: 0 })),
  )
  for (const run of runs) isOnTime(run)
  const [first, second, third] = runs.map(({ scheduledAt }) => at(scheduledAt))
  assert.deepEqual([Number(second) - Number(first), Number(third) - Number(second)], [3000, 3000])
  for (const run of runs) assert.match(await stdout(run), /^run of thrice\n\/.+\n$/)

  const children = await ended(cluster, 'follower', 3)
  assert.ok(children.every(({ state, cause }) => state === 'succeeded' && cause === 'parent'))
  for (const [index, child] of children.entries()) {
    const parent = runs[index]
    assert.ok(at(child.startedAt) >= at(parent?.finishedAt), 'a child started before its parent had ended')
    isOnTime(child)
  }
  const [lastChild] = children.slice(-1)
  assert.ok(lastChild)
  assert.equal(await stdout(lastChild), 'after its parent\n')
  const { disabled, successCount, schedule } = await getJob(cluster, 'thrice')
  assert.deepEqual({ disabled, successCount }, { disabled: true, successCount: 3 })
  assert.match(schedule ?? '', /^R0\//)
})

test('[chronos] the examples: once and never again, every minute from now on, and its dependent job', async () => {
  await addJob(cluster, example('job-once.json'))
  await addJob(cluster, example('job-every-minute.json'))
  await addJob(cluster, example('job-dependent.json'))
  const [once] = await ended(cluster, 'once', 1)
  assert.ok(once)
  assert.equal(await stdout(once), 'once and never again\n')
  assert.equal((await getJob(cluster, 'once')).disabled, true)
  const [first] = await ended(cluster, 'every-minute', 1)
  assert.ok(first)
  assert.match(await stdout(first), /the job ran on localhost\n$/)
  const [dependent] = await ended(cluster, 'after-every-minute', 1)
  assert.ok(dependent)
  assert.equal(await stdout(dependent), 'its parent has run\n')
})

test('[chronos] run now starts a run beside the schedule, with the arguments given', async () => {
  await addJob(cluster, { name: 'by-hand', schedule: 'R/2999-01-01T00:00:00Z/P1D', command: 'echo said' })
  assert.deepEqual(await runsOf(cluster, 'by-hand'), [])
  await send('PUT', `job/by-hand?arguments=${encodeURIComponent('hello "big world"')}`)
  const [run] = await ended(cluster, 'by-hand', 1)
  assert.ok(run)
  assert.equal(run.cause, 'manual')
  isOnTime(run)
  assert.equal(await stdout(run), 'said hello big world\n')
  assert.match((await getJob(cluster, 'by-hand')).schedule ?? '', /2999-01-01/)
})

test('[chronos] a failing job is tried again, waits in between, and counts as one failure', async () => {
  await addJob(cluster, { name: 'failing', schedule: 'R1//PT1H', retries: 2, command: 'echo attempt; exit 3' })
  const runs = await ended(cluster, 'failing', 3)
  assert.deepEqual(
    runs.map(({ state, attempt, exitCode }) => ({ state, attempt, exitCode })),
    [0, 1, 2].map((attempt) => ({ state: 'failed', attempt, exitCode: 3 })),
  )
  for (const [index, run] of runs.slice(1).entries()) {
    const pauseMs = at(run.startedAt) - at(runs[index]?.finishedAt)
    assert.ok(pauseMs >= failureRetryMs, `the next attempt came after ${pauseMs} ms`)
  }
  const { successCount, errorCount, errorsSinceLastSuccess } = await getJob(cluster, 'failing')
  assert.deepEqual(
    { successCount, errorCount, errorsSinceLastSuccess },
    { successCount: 0, errorCount: 1, errorsSinceLastSuccess: 1 },
  )
})

test('[chronos] kill ends the running task and counts as neither success nor failure', async () => {
  await addJob(cluster, { name: 'endless', schedule: 'R1//PT1H', retries: 2, command: 'sleep 86411' })
  await underWay(cluster, 'endless')
  assert.equal(pidsOf('86411').length, 1)
  await send('DELETE', 'task/kill/endless')
  const [run, ...others] = await ended(cluster, 'endless', 1)
  assert.ok(run)
  assert.deepEqual([run.state, others], ['killed', []])
  assert.deepEqual(pidsOf('86411'), [])
  const { successCount, errorCount } = await getJob(cluster, 'endless')
  assert.deepEqual({ successCount, errorCount }, { successCount: 0, errorCount: 0 })
})

/** Every second of the schedule is there once: as a run, or within a record of missed ones. */
function assertNothingMissedOrDoubled(runs: readonly Run[]): void {
  const scheduled = runs.filter(({ cause }) => cause === 'schedule')
  const started = scheduled.filter(({ state }) => state !== 'missed')
  const nominal = started.map(({ scheduledAt }) => scheduledAt)
  assert.deepEqual(nominal, [...new Set(nominal)], 'a time was run twice')
  const missed = scheduled.filter(({ state }) => state === 'missed')
  assert.ok(missed.every(({ reason }) => reason === 'coalesced'))
  const first = Math.min(...scheduled.map(({ scheduledAt }) => at(scheduledAt)))
  const last = Math.max(...started.map(({ scheduledAt }) => at(scheduledAt)))
  const told = started.length + missed.reduce((sum, { occurrences }) => sum + (occurrences ?? 0), 0)
  assert.equal(told, (last - first) / 1000 + 1, 'a time is neither run nor told as missed')
}

test('[chronos] kill -9 of Chronos: what runs survives, what comes due is neither lost nor doubled', async () => {
  const survivor = { name: 'survivor', schedule: 'R1//PT1H', command: 'echo start; sleep 6.125; echo end' }
  await addJob(cluster, survivor)
  await addJob(cluster, { name: 'each-second', schedule: 'R//PT1S', command: 'echo $CHRONOS_JOB_RUN_TIME' })
  const before = await underWay(cluster, 'survivor')
  const [pid] = await eventually('its process', () => (pidsOf('6.125').length === 1 ? pidsOf('6.125') : undefined))
  await ended(cluster, 'each-second', 2)
  await cluster.killPart('chronos')
  assert.deepEqual(pidsOf('6.125'), [pid])
  const [run, ...others] = await ended(cluster, 'survivor', 1)
  assert.ok(run)
  assert.deepEqual([run.taskId, run.state, others], [before.taskId, 'succeeded', []])
  assert.equal(await stdout(run), 'start\nend\n')
  assert.equal((await getJob(cluster, 'survivor')).successCount, 1)

  const soFar = (await runsOf(cluster, 'each-second')).length
  await ended(cluster, 'each-second', soFar + 2)
  await cluster.send('chronos', '/v1/scheduler/job/each-second/pause', { method: 'POST' })
  const settled = await eventually('its last run has ended', async () => {
    const runs = await runsOf(cluster, 'each-second')
    return runs.every(({ state }) => ['succeeded', 'missed'].includes(state)) ? runs : undefined
  })
  assertNothingMissedOrDoubled(settled)
  for (const one of settled.filter(({ state }) => state === 'succeeded')) {
    assert.equal(await stdout(one), `${at(one.scheduledAt)}\n`)
  }
})

for (const part of ['agent-1', 'master']) {
  test(`[chronos] kill -9 of ${part} while a job runs: the run ends as succeeded, told once`, async () => {
    const name = `through-${part}`
    await addJob(cluster, { name, schedule: 'R1//PT1H', command: 'echo start; sleep 3; echo end' })
    const before = await underWay(cluster, name)
    await cluster.killPart(part)
    const [run, ...others] = await ended(cluster, name, 1, 60_000)
    assert.ok(run)
    assert.deepEqual([run.taskId, run.state, others], [before.taskId, 'succeeded', []])
    assert.equal(await eventually('its output', () => stdout(run)), 'start\nend\n')
    assert.equal((await getJob(cluster, name)).successCount, 1)
  })
}

test('[chronos] deleting a job ends its task; its child takes over the schedule', async () => {
  await addJob(cluster, { name: 'doomed', schedule: 'R//PT1H', command: 'sleep 86412' })
  await addJob(cluster, { name: 'heir', parents: ['doomed'], command: 'true' })
  await underWay(cluster, 'doomed')
  await send('DELETE', 'job/doomed')
  await assert.rejects(getJob(cluster, 'doomed'), /400 .*Job 'doomed' not found/)
  await eventually('its process is gone', () => pidsOf('86412').length === 0)
  const heir = await getJob(cluster, 'heir')
  assert.match(heir.schedule ?? '', /^R\/.*\/PT1H$/)
  assert.deepEqual(heir.parents ?? [], [])
})

test('[chronos] a cron job runs at the minute', async () => {
  const [run] = await ended(cluster, 'each-minute', 1, 70_000)
  assert.ok(run)
  assert.equal(at(run.scheduledAt) % 60_000, 0)
  isOnTime(run)
  assert.equal(await stdout(run), 'by cron\n')
})

test('[chronos] nothing ran once more, and Ctrl-C leaves no process', async () => {
  for (const [name, count] of Object.entries({ thrice: 3, once: 1, failing: 3, endless: 1, survivor: 1 })) {
    assert.equal((await runsOf(cluster, name)).length, count, name)
  }
  assert.equal(await cluster.stop(), 0)
  assert.deepEqual(cluster.leftovers(), [])
})
