/** The way of a newcomer: start, deploy, scale, update, break things, stop, start again. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { newPorts, newWorkDir, root, startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { bodyOf, getApp, httpServer, running, settled } from './harness/marathon.ts'
import type { App } from './harness/marathon.ts'
import { isAlive, processesWith } from './harness/processes.ts'

let cluster: Cluster
const workDir = newWorkDir()
const agents = 3

before(async () => {
  cluster = await startCluster({ agents, workDir, ports: await newPorts(agents) })
})
after(async () => {
  await cluster.remove()
})

const example = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${root}examples/${name}`, 'utf8')) as Record<string, unknown>

const taskPid = async (id: string): Promise<number> =>
  eventually(
    `the process of ${id}`,
    () => processesWith(`--directory www`).find(({ command }) => command.includes(id))?.pid,
  )

test('[platform 1] the start prints the addresses and says which isolation is used', () => {
  for (const part of ['Dashboard', 'Marathon', 'Chronos', 'Master', 'Agent'])
    assert.match(cluster.output(), new RegExp(part))
  const isRoot = process.getuid?.() === 0
  assert.match(cluster.output(), isRoot ? /Isolation: cgroups and namespaces/ : /Isolation: plain processes/)
})

test('an app from the examples is answered as Marathon answers and serves HTTP', async () => {
  const document = example('web.json')
  const answer = await fetch(`${cluster.url('marathon')}/v2/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  assert.equal(answer.status, 201)
  const created = (await answer.json()) as App
  assert.equal(created.id, '/web')
  assert.equal(created.instances, 2)
  assert.equal(created.deployments.length, 1)
  assert.equal(created.tasksRunning, 0)
  const app = await settled(cluster, '/web', 2)
  for (const task of running(app)) assert.match(await bodyOf(task), /^Hello from \/web/)
})

test('a health check that passes is counted, one that fails replaces the task', async () => {
  await eventually('both instances are healthy', async () => (await getApp(cluster, '/web')).tasksHealthy === 2)
  const failing = {
    ...httpServer({ id: '/failing', body: 'x', instances: 1 }),
    healthChecks: [
      {
        protocol: 'MESOS_HTTP',
        path: '/missing',
        portIndex: 0,
        gracePeriodSeconds: 1,
        intervalSeconds: 1,
        timeoutSeconds: 1,
        maxConsecutiveFailures: 2,
      },
    ],
  }
  await cluster.send('marathon', '/v2/apps', { method: 'POST', body: failing })
  const first = await eventually('a first task runs', async () => running(await getApp(cluster, '/failing'))[0])
  await eventually(
    'the unhealthy task is replaced',
    async () => {
      const { tasks } = await getApp(cluster, '/failing')
      return tasks.length > 0 && tasks.every(({ id }) => id !== first.id)
    },
    60_000,
  )
  await cluster.send('marathon', '/v2/apps/failing?force=true', { method: 'DELETE' })
})

test('scaling up and down changes the number of instances and no more', async () => {
  const before = await getApp(cluster, '/web')
  await cluster.send('marathon', '/v2/apps/web', { method: 'PUT', body: { instances: 4 } })
  const grown = await settled(cluster, '/web', 4)
  const ids = new Set(grown.tasks.map(({ id }) => id))
  assert.ok(before.tasks.every(({ id }) => ids.has(id)))
  await cluster.send('marathon', '/v2/apps/web', { method: 'PUT', body: { instances: 2 } })
  await settled(cluster, '/web', 2)
})

test('a rolling update keeps half of the instances and ends with the new version everywhere', async () => {
  const before = await getApp(cluster, '/web')
  const document = example('web.json')
  const cmd = String(document['cmd']).replace('Hello', 'Goodbye')
  await cluster.send('marathon', '/v2/apps/web', { method: 'PUT', body: { ...document, cmd } })
  let least = Number.POSITIVE_INFINITY
  const updated = await eventually(
    'the update is complete',
    async () => {
      const app = await getApp(cluster, '/web')
      least = Math.min(least, running(app).length)
      const isNew = app.tasks.every(({ version }) => version === app.version)
      return app.deployments.length === 0 && isNew && running(app).length === 2 ? app : undefined
    },
    90_000,
  )
  assert.ok(least >= 1, `only ${least} instances ran`)
  assert.notEqual(updated.version, before.version)
  for (const task of running(updated)) assert.match(await bodyOf(task), /^Goodbye from/)
})

test('a task killed with -9 is replaced', async () => {
  const [victim] = running(await getApp(cluster, '/web'))
  assert.ok(victim)
  process.kill(await taskPid(String(victim.ports[0])), 'SIGKILL')
  await eventually('the task is gone', async () =>
    (await getApp(cluster, '/web')).tasks.every(({ id }) => id !== victim.id),
  )
  await settled(cluster, '/web', 2)
})

for (const part of ['agent-1', 'marathon', 'master', 'chronos', 'gateway']) {
  test(`kill -9 of ${part} ends well: its tasks run on and it takes new work`, async () => {
    const before = await settled(cluster, '/web', 2)
    const pids = await Promise.all(running(before).map(({ ports }) => taskPid(String(ports[0]))))
    await cluster.killPart(part)
    const after = await settled(cluster, '/web', 2)
    assert.deepEqual(after.tasks.map(({ id }) => id).sort(), before.tasks.map(({ id }) => id).sort())
    assert.ok(pids.every(isAlive), 'a task of the app was restarted')
    await cluster.send('marathon', '/v2/apps/web', { method: 'PUT', body: { instances: 3 } })
    await settled(cluster, '/web', 3)
    await cluster.send('marathon', '/v2/apps/web', { method: 'PUT', body: { instances: 2 } })
    await settled(cluster, '/web', 2)
  })
}

test('a service that fits nowhere says why', async () => {
  await cluster.send('marathon', '/v2/apps', { method: 'POST', body: example('waiting.json') })
  await eventually('the queue names the reason', async () => {
    const { queue } = await cluster.json<{
      queue: {
        app: { id: string }
        processedOffersSummary: { rejectSummaryLastOffers: { reason: string; declined: number }[] }
      }[]
    }>('marathon', '/v2/queue')
    const waiting = queue.find(({ app }) => app.id === '/too-big')
    const reasons = waiting?.processedOffersSummary.rejectSummaryLastOffers ?? []
    return reasons.some(({ reason, declined }) => reason === 'InsufficientCpus' && declined > 0)
  })
  await cluster.send('marathon', '/v2/apps/too-big?force=true', { method: 'DELETE' })
})

test('Ctrl-C leaves no process, and the next start finds the apps again', async () => {
  const { ports } = cluster
  assert.equal(await cluster.stop(), 0)
  assert.deepEqual(cluster.leftovers(), [])
  cluster = await startCluster({ agents, workDir, ports })
  await settled(cluster, '/web', 2)
})

test('--fresh forgets the apps', async () => {
  const { ports } = cluster
  await cluster.stop()
  cluster = await startCluster({ agents: 1, workDir, ports, flags: ['--fresh'] })
  assert.deepEqual(await cluster.json('marathon', '/v2/apps'), { apps: [] })
})
