/** Docker images as services and jobs, on an engine of the test's own. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addJob, ended, getJob } from './harness/chronos.ts'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { DockerEngine } from './harness/docker-engine.ts'
import { example } from './harness/examples.ts'
import { placeOf, running, settled } from './harness/marathon.ts'
import type { App } from './harness/marathon.ts'
import { lacks } from './harness/requirements.ts'
import { readSandbox, sandboxShows } from './harness/sandbox.ts'

const skip = lacks({ root: true, programs: ['dockerd', 'busybox'] })
const image = { type: 'DOCKER', docker: { image: 'busybox:latest', network: 'HOST' } }
const missing = 'registry.invalid/thermosphere/missing:1'

describe('Docker', { skip }, () => {
  let engine: DockerEngine
  let cluster: Cluster

  before(async () => {
    engine = await DockerEngine.start()
    cluster = await startCluster({ agents: 1, flags: ['--agent-flag', `docker_socket=${engine.socketPath}`] })
  })
  after(async () => {
    await cluster.remove()
    await engine.close()
  })

  const scale = (id: string, instances: number): Promise<unknown> =>
    cluster.send('marathon', `/v2/apps${id}`, { method: 'PUT', body: { instances } })

  test('[marathon] the app of the examples runs in a container; its output reaches the sandbox', async () => {
    await cluster.send('marathon', '/v2/apps', { method: 'POST', body: example('docker.json') })
    const [task] = running(await settled(cluster, '/in-a-container', 1))
    assert.ok(task)
    const file = { file: 'stdout', text: 'hello from the container' }
    await sandboxShows(cluster, await placeOf(cluster, task), file)
    const containers = await engine.running()
    assert.deepEqual(
      containers.map(({ Image }) => Image),
      ['busybox:latest'],
    )
  })

  test('[agent] kill -9 of the agent leaves the container running, and its output goes on', async () => {
    const text = 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done'
    const counting = { id: '/counting', cmd: text, cpus: 0.1, mem: 32, container: image }
    await cluster.send('marathon', '/v2/apps', { method: 'POST', body: counting })
    const [task] = running(await settled(cluster, '/counting', 1))
    assert.ok(task)
    const place = await placeOf(cluster, task)
    await sandboxShows(cluster, place, { file: 'stdout', text: 'line 3\n' })
    const before = (await engine.running()).map(({ Id }) => Id).sort()
    assert.equal(before.length, 2)
    await cluster.killPart('agent-1')
    const after = await settled(cluster, '/counting', 1)
    assert.deepEqual(
      after.tasks.map(({ id }) => id),
      [task.id],
    )
    assert.deepEqual((await engine.running()).map(({ Id }) => Id).sort(), before)
    const seen = (await readSandbox(cluster, place, 'stdout')).trimEnd().split('\n').length
    const log = await sandboxShows(cluster, place, { file: 'stdout', text: `line ${seen + 5}\n` })
    const lines = log.trimEnd().split('\n')
    assert.deepEqual(
      lines.slice(0, seen + 5),
      Array.from({ length: seen + 5 }, (_, index) => `line ${index + 1}`),
    )
  })

  test('[marathon] scaling up starts containers, to 0 removes them', async () => {
    await scale('/counting', 2)
    await settled(cluster, '/counting', 2)
    assert.equal((await engine.running()).length, 3)
    await scale('/counting', 0)
    await settled(cluster, '/counting', 0)
    await eventually('its containers are gone', async () => (await engine.containers()).length === 1)
  })

  test('[chronos] a job runs in a container, its exit code and its output are told', async () => {
    const container = { type: 'DOCKER', image: 'busybox:latest', network: 'HOST' }
    const schedule = 'R1//PT1H'
    await addJob(cluster, { name: 'contained', schedule, command: 'echo in a box: $CHRONOS_JOB_NAME', container })
    await addJob(cluster, { name: 'contained-failure', schedule, retries: 0, command: 'exit 7', container })
    const [run] = await ended(cluster, 'contained', 1)
    assert.ok(run)
    assert.deepEqual([run.state, run.message], ['succeeded', 'Container exited with status 0'])
    assert.equal(await readSandbox(cluster, run, 'stdout'), 'in a box: contained\n')
    const [failure] = await ended(cluster, 'contained-failure', 1)
    assert.deepEqual([failure?.state, failure?.exitCode], ['failed', 7])
  })

  test('[marathon] an image that cannot be had is named where people look', async () => {
    const container = { type: 'DOCKER', docker: { image: missing, network: 'HOST' } }
    const body = { id: '/no-image', cmd: 'true', cpus: 0.1, mem: 32, container }
    await cluster.send('marathon', '/v2/apps', { method: 'POST', body })
    const failure = await eventually('the failure is told', async () => {
      type WithFailure = App & { lastTaskFailure?: { state: string; message: string } }
      const path = '/v2/apps/no-image?embed=app.lastTaskFailure'
      return (await cluster.json<{ app: WithFailure }>('marathon', path)).app.lastTaskFailure
    })
    assert.equal(failure.state, 'TASK_FAILED')
    assert.match(failure.message, /registry\.invalid\/thermosphere\/missing:1/)
    await cluster.send('marathon', '/v2/apps/no-image?force=true', { method: 'DELETE' })
  })

  test('[chronos] an image that cannot be had is named in the history of the job', async () => {
    const container = { type: 'DOCKER', image: missing, network: 'HOST' }
    await addJob(cluster, { name: 'no-image', schedule: 'R1//PT1H', retries: 0, command: 'true', container })
    const [run] = await ended(cluster, 'no-image', 1)
    assert.equal(run?.state, 'failed')
    assert.match(run.message ?? '', /registry\.invalid\/thermosphere\/missing:1/)
    assert.equal((await getJob(cluster, 'no-image')).errorCount, 1)
  })

  test('Ctrl-C leaves no container, and no process of cluster or engine', async () => {
    assert.equal((await engine.running()).length, 1)
    assert.equal(await cluster.stop(), 0)
    assert.deepEqual(await engine.containers(), [])
    assert.deepEqual(cluster.leftovers(), [])
    await engine.close()
    assert.deepEqual(engine.leftovers(), [])
  })
})
