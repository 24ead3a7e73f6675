import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { FakeMaster } from '../test-kit/fake-master.ts'
import type { FakeMasterOptions } from '../test-kit/fake-master.ts'
import { eventually, startServer } from '../test-kit/server.ts'
import type { TestServer, TestServerOptions } from '../test-kit/server.ts'

const finishes = (): mesos.TaskState[] => ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']
const later = { command: 'true', schedule: 'R/2099-01-01T04:00:00Z/P1D' }

type Rig = {
  readonly master: FakeMaster
  readonly server: TestServer
  readonly post: (job: Record<string, unknown>) => Promise<void>
  readonly send: (method: string, path: string, body?: object) => Promise<Response>
  readonly job: (name: string) => Promise<Record<string, unknown>>
  readonly runs: (name: string) => Promise<Record<string, unknown>[]>
}

async function withRig(
  options: { master?: FakeMasterOptions; server?: TestServerOptions },
  work: (rig: Rig) => Promise<void>,
): Promise<void> {
  const master = new FakeMaster(options.master)
  const server = await startServer({ ...options.server, master: await master.listen() })
  const send = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${server.url}/v1/scheduler/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const post = async (job: Record<string, unknown>): Promise<void> => {
    const response = await send('POST', 'parents' in job ? 'dependency' : 'iso8601', job)
    assert.equal(response.status, 204, await response.text())
  }
  const job = async (name: string) => (await (await send('GET', `job/${name}`)).json()) as Record<string, unknown>
  const runs = async (name: string) => {
    const answer = (await (await send('GET', `job/${name}/runs`)).json()) as { runs: Record<string, unknown>[] }
    return answer.runs
  }
  try {
    await eventually(() => server.chronos.state.phase === 'scheduling')
    await work({ master, server, post, send, job, runs })
    assert.deepEqual(server.errors, [])
  } finally {
    await server.close()
    await master.close()
  }
}

test('[chronos 3] [chronos 24] [chronos 30] a job without schedule runs once and shows that nothing is left', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ master, post, job, runs }) => {
    await post({ name: 'once', command: 'echo hello' })
    const done = await eventually(async () => (await job('once'))['successCount'] === 1 && job('once'))
    assert.match(String(done['schedule']), /^R0\/.*\/PT24H$/)
    assert.equal(done['disabled'], true)
    const [run] = await runs('once')
    assert.deepEqual([run?.['state'], run?.['cause'], run?.['agentHostname']], ['succeeded', 'schedule', 'agent-0'])
    const [task] = master.launches
    assert.equal(task?.name, 'ChronosTask:once')
    assert.match(task?.task_id.value ?? '', /^ct:\d{13}:0:once:$/)
    assert.equal(task?.command?.value, 'echo hello')
  })
})

test('[chronos 54] [chronos 55] [chronos 64] environment, arguments and resources reach the task', async () => {
  await withRig({}, async ({ master, post }) => {
    const environmentVariables = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
      { name: 'CHRONOS_JOB_NAME', value: 'mine' },
    ]
    await post({
      name: 'j',
      command: '/bin/echo',
      shell: false,
      arguments: ['a b'],
      owner: 'o@x',
      environmentVariables,
    })
    const task = await eventually(() => master.launches[0])
    assert.deepEqual(task.command?.arguments, ['/bin/echo', 'a b'])
    const variables = Object.fromEntries(
      (task.command?.environment?.variables ?? []).map(({ name, value }) => [name, value]),
    )
    const {
      A,
      CHRONOS_JOB_NAME: name,
      CHRONOS_JOB_OWNER: owner,
      HOST: host,
      CHRONOS_JOB_RUN_ATTEMPT: attempt,
    } = variables
    assert.deepEqual([A, name, owner, host, attempt], ['1', 'j', 'o@x', 'agent-0', '0'])
    assert.equal(variables['MESOS_TASK_ID'], task.task_id.value)
    const cpu = [
      variables['CHRONOS_RESOURCE_CPU'],
      variables['CHRONOS_RESOURCE_MEM'],
      variables['CHRONOS_RESOURCE_DISK'],
    ]
    assert.deepEqual(cpu, ['0.1', '128.0', '256.0'])
    const scalars = Object.fromEntries((task.resources ?? []).map(({ name: of, scalar }) => [of, scalar?.value]))
    assert.deepEqual(scalars, { cpus: 0.1, mem: 128, disk: 256 })
  })
})

test('[chronos 52] [chronos 76] a failing run is retried, then counted once', async () => {
  const failing = (): mesos.TaskState[] => ['TASK_RUNNING', 'TASK_FAILED']
  await withRig({ master: { outcome: failing } }, async ({ master, post, job, runs }) => {
    await post({ name: 'j', command: 'false', retries: 2, retryDelay: '0.05' })
    const done = await eventually(async () => (await job('j'))['errorCount'] === 1 && job('j'))
    assert.deepEqual([done['errorsSinceLastSuccess'], done['successCount']], [1, 0])
    assert.deepEqual(
      master.taskIds.map((id) => id.split(':')[2]),
      ['0', '1', '2'],
    )
    assert.deepEqual(
      (await runs('j')).map(({ cause }) => cause),
      ['retry', 'retry', 'schedule'],
    )
  })
})

test('[chronos 38] [chronos 40] children run after their parents, through a chain', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ master, post, send }) => {
    await post({ ...later, name: 'a' })
    await post({ name: 'b', command: 'true', parents: ['a'] })
    await post({ name: 'c', command: 'true', parents: ['b'] })
    await send('PUT', 'job/a')
    await eventually(() => master.launches.length === 3)
    assert.deepEqual(
      master.taskIds.map((id) => id.split(':')[3]),
      ['a', 'b', 'c'],
    )
  })
})

test('[chronos 49] [chronos 50] [chronos 51] a run by hand takes its arguments and can be killed', async () => {
  await withRig({}, async ({ master, post, send, job, runs }) => {
    await post({ ...later, name: 'j', command: 'sleep', arguments: ['1'] })
    await send('PUT', `job/j?arguments=${encodeURIComponent('6;0')}`)
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'running')
    assert.equal(master.launches[0]?.command?.value, 'sleep 60')
    assert.match(await (await send('GET', 'graph/csv')).text(), /node,j,fresh,1 running/)
    assert.equal((await send('DELETE', 'task/kill/j')).status, 204)
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'killed')
    const { errorCount, successCount } = await job('j')
    assert.deepEqual([errorCount, successCount, master.launches.length], [0, 0, 1])
  })
})

test('[chronos 7] deleting a job kills its task, whose end counts for no job that takes the name', async () => {
  await withRig({}, async ({ master, post, send, job, runs }) => {
    await post({ name: 'j', command: 'sleep 60' })
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'running')
    const [taskId = ''] = master.taskIds
    assert.equal((await send('DELETE', 'job/j')).status, 204)
    await post({ ...later, name: 'j' })
    await eventually(() => !master.alive.has(taskId))
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'killed')
    assert.equal((await job('j'))['errorCount'], 0)
  })
})

test('[chronos 60] an async job ends by its callback, not with its process', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ master, post, job, runs, server }) => {
    await post({ name: 'j', command: 'start', async: true })
    const run = await eventually(async () => (await runs('j')).find(({ taskState }) => taskState === 'TASK_FINISHED'))
    assert.equal(run['state'], 'running')
    // The master knows nothing of the task any more; that must not end the run.
    master.drop()
    await eventually(() => master.calls.filter(({ type }) => type === 'SUBSCRIBE').length === 2)
    assert.equal((await runs('j'))[0]?.['state'], 'running')
    const callback = await fetch(`${server.url}/scheduler/task/${encodeURIComponent(String(run['taskId']))}`, {
      method: 'PUT',
      body: '{"statusCode":0}',
    })
    assert.equal(callback.status, 204)
    assert.equal((await job('j'))['successCount'], 1)
  })
})

test('[chronos 63] [chronos 73] [chronos 74] statistics tell the last runs, their times and elements', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ master, post, send, job }) => {
    await post({ ...later, name: 'j', dataProcessingJobType: true })
    for (let count = 1; count <= 6; count++) {
      await send('PUT', 'job/j')
      await eventually(async () => (await job('j'))['successCount'] === count)
    }
    const taskId = master.taskIds.at(-1) ?? ''
    for (const numAdditionalElementsProcessed of [500, 20]) {
      const path = `job/j/task/${encodeURIComponent(taskId)}/progress`
      assert.equal((await send('POST', path, { numAdditionalElementsProcessed })).status, 204)
    }
    assert.equal(
      (await send('POST', `job/j/task/${encodeURIComponent(taskId)}/progress`, { numAdditionalElementsProcessed: -1 }))
        .status,
      400,
    )
    const stat = (await (await send('GET', 'job/stat/j')).json()) as {
      histogram: { count: number; median: number }
      taskStatHistory: Record<string, unknown>[]
    }
    assert.equal(stat.histogram.count, 6)
    assert.ok(stat.histogram.median >= 0 && stat.histogram.median < 5_000)
    assert.equal(stat.taskStatHistory.length, 5)
    const [newest] = stat.taskStatHistory
    assert.equal(newest?.['taskId'], taskId)
    assert.equal(newest?.['numElementsProcessed'], 520)
    assert.equal(newest?.['status'], 'Success')
    assert.match(String(newest?.['duration']), /^\ds$/)
    assert.match(String(newest?.['startTime']), /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d$/)
  })
})

test('a framework that was removed begins anew, and its lost runs are retried', async () => {
  await withRig({}, async ({ master, post, server, runs }) => {
    await post({ name: 'j', command: 'sleep 60', retryDelay: '0.05' })
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'running')
    master.removeFramework()
    await eventually(() => server.chronos.state.frameworkId === 'framework-2')
    await eventually(() => master.launches.length === 2)
    assert.deepEqual(
      (await runs('j')).map(({ reason }) => reason).filter((reason) => reason !== undefined),
      ['framework-removed'],
    )
  })
})

test('[chronos 85] a launch whose ACCEPT was lost is made again under an id of its own, and its first one is told', async () => {
  await withRig({}, async ({ master, post, runs }) => {
    master.losesAccepts = true
    await post({ name: 'j', command: 'sleep 60' })
    await eventually(() => master.calls.some(({ type }) => type === 'ACCEPT'))
    master.losesAccepts = false
    master.drop()
    await eventually(() => master.launches.length === 1)
    await eventually(async () => (await runs('j'))[0]?.['state'] === 'running')
    assert.equal((await runs('j')).length, 1)
    const [run] = await runs('j')
    const [lost] = run?.['unconfirmed'] as { taskId: string; attempt: number }[]
    assert.deepEqual([run?.['attempt'], lost?.attempt], [1, 0])
    assert.equal(run?.['taskId'], lost?.taskId.replace(':0:j:', ':1:j:'))
  })
})

test('a task of ours that nobody remembers is killed, one of others is let be', async () => {
  await withRig({}, async ({ master }) => {
    master.tell('ct:1700000000000:0:gone:', 'TASK_RUNNING')
    master.tell('somebody-elses', 'TASK_RUNNING')
    await eventually(() => !master.alive.has('ct:1700000000000:0:gone:'))
    assert.ok(master.alive.has('somebody-elses'))
  })
})

test('offers are not wanted while nothing is queued', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ master, post, job }) => {
    await eventually(() => master.isSuppressed)
    const before = master.calls.length
    await post({ name: 'j', command: 'true' })
    await eventually(async () => (await job('j'))['successCount'] === 1)
    await eventually(() => master.isSuppressed)
    assert.ok(master.calls.slice(before).some(({ type }) => type === 'REVIVE'))
  })
})

/** Reads a stream of server-sent events as they come. */
async function followEvents(server: TestServer, path = '/v1/events') {
  const request = httpRequest(`${server.url}${path}`)
  request.end()
  const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve))
  let text = ''
  let hasEnded = false
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  response.on('close', () => (hasEnded = true))
  response.on('error', () => undefined)
  const events = () =>
    text
      .split('\n\n')
      .slice(0, -1)
      .filter((block) => block.startsWith('event:'))
      .map((block) => {
        const [event = '', data = ''] = block.split('\n')
        return { event: event.slice(7), data: JSON.parse(data.slice(6)) as Record<string, Record<string, unknown>> }
      })
  return { events, response, request, hasEnded: () => hasEnded, close: () => request.destroy() }
}

test('[chronos E17] followers see jobs and runs change, in order and after they are stored', async () => {
  await withRig({ master: { outcome: finishes } }, async ({ server, post, send, job }) => {
    const follower = await followEvents(server)
    assert.match(follower.response.headers['content-type'] ?? '', /^text\/event-stream/)
    await post({ name: 'j', command: 'true' })
    await eventually(async () => (await job('j'))['successCount'] === 1)
    await send('DELETE', 'job/j')
    await eventually(() => follower.events().some(({ event }) => event === 'job_deleted'))
    const events = follower.events()
    assert.deepEqual(events[0]?.data['job']?.['name'], 'j')
    const runStates = events.filter(({ event }) => event === 'run_updated').map(({ data }) => data['run']?.['state'])
    assert.equal(runStates[0], 'queued')
    assert.equal(runStates.at(-1), 'succeeded')
    const updates = events.filter(({ event }) => event === 'job_updated')
    assert.equal(updates.at(-1)?.data['job']?.['successCount'], 1)
    assert.deepEqual(events.at(-1), { event: 'job_deleted', data: { name: 'j' } })
    follower.close()
    await eventually(() => server.chronos.followerCount === 0)
  })
})

test('a reader of events who does not keep up is cut, the others are not', async () => {
  await withRig({}, async ({ server, post }) => {
    const slow = await followEvents(server)
    const quick = await followEvents(server, '/v1/scheduler/events')
    slow.response.pause()
    slow.request.socket?.pause()
    const description = 'x'.repeat(60_000)
    for (let i = 0; server.chronos.followerCount === 2; i++) {
      assert.ok(i < 1000, 'the slow reader was never cut')
      await post({ ...later, name: `j${i % 10}`, description })
    }
    assert.equal(quick.hasEnded(), false)
    await post({ ...later, name: 'last' })
    await eventually(() => quick.events().some(({ data }) => data['job']?.['name'] === 'last'))
    slow.close()
    quick.close()
  })
})

test('one follower too many ends the oldest', async () => {
  await withRig({ server: { followersMax: 2 } }, async ({ server }) => {
    const first = await followEvents(server)
    const others = [await followEvents(server), await followEvents(server)]
    await eventually(() => first.hasEnded())
    assert.equal(server.chronos.followerCount, 2)
    for (const other of others) other.close()
  })
})
