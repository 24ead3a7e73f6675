import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startCluster } from './index.ts'
import type { Cluster, ClusterOptions } from './index.ts'

async function clusterOf(t: TestContext, options: ClusterOptions): Promise<Cluster> {
  const cluster = await startCluster(options)
  t.after(() => cluster.close())
  return cluster
}

const sleeper = { id: '/sleeper', cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: 2 }
const runningIds = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.state()).tasks.flatMap(({ id, state }) => (state === 'TASK_RUNNING' ? [id] : [])).sort()

async function deploy(cluster: Cluster): Promise<string[]> {
  await cluster.marathon.deploy(sleeper)
  await cluster.waitFor(async () => (await cluster.marathon.app('/sleeper')).tasksRunning === 2, {
    what: 'both instances run',
    timeoutMs: 30_000,
  })
  return runningIds(cluster)
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('thermosphere-cluster-'))

test('tasks go on while the agent, Marathon and the master are killed and started again', async (t) => {
  const cluster = await clusterOf(t, { agents: 2, marathon: 1 })
  const before = await deploy(cluster)
  for (const part of ['agent-1', 'marathon', 'master']) {
    await cluster.kill(part)
    assert.equal(cluster.isRunning(part), false)
    await cluster.restart(part)
    await cluster.waitFor(
      async () => {
        const { agents, frameworks } = await cluster.state()
        const isBack = agents.filter(({ active }) => active).length === 2 && frameworks.every((one) => one.connected)
        return isBack && String(await runningIds(cluster)) === String(before)
      },
      { what: `${part} is back and the tasks are the same`, timeoutMs: 30_000 },
    )
  }
})

test('when the leading master is killed another leads, and the tasks are the same', async (t) => {
  const cluster = await clusterOf(t, { masters: 3, agents: 2, marathon: 1 })
  const before = await deploy(cluster)
  await cluster.kill('master-1')
  await cluster.waitFor(async () => String(await runningIds(cluster)) === String(before), {
    what: 'the next master knows the tasks',
    timeoutMs: 30_000,
  })
})

test('a schedule of minutes passes in seconds of a virtual clock', async (t) => {
  const cluster = await clusterOf(t, { chronos: 1, clock: 'virtual' })
  const start = new Date(cluster.clock.now() + 60_000).toISOString()
  await cluster.chronos.add({ name: 'hello', command: 'true', schedule: `R3/${start}/PT5M`, cpus: 0.1, mem: 32 })
  await cluster.clock.advance('15m')
  await cluster.waitFor(async () => (await cluster.chronos.job('hello')).successCount === 3, {
    what: 'three runs have succeeded',
    timeoutMs: 30_000,
  })
})

test('a condition that does not come true is told with what was seen last', async (t) => {
  const cluster = await clusterOf(t, {})
  const never = cluster.waitFor(async () => (await cluster.state()).agents.length === 7, {
    what: 'seven agents',
    timeoutMs: 100,
  })
  await assert.rejects(never, /not within 100 ms: seven agents; .*last seen:\s+master \/state:/s)
  await assert.rejects(cluster.kill('agent-9'), /there is no part agent-9; there are master, agent-1/)
  assert.throws(() => cluster.partition('agent-1', 'nowhere'), /there is no part nowhere/)
})

test('what contradicts itself is refused before anything is started', async () => {
  await assert.rejects(startCluster({ store: 'etcd' }), /mode: 'processes'/)
  await assert.rejects(startCluster({ mode: 'processes', clock: 'virtual' }), /mode: 'in-process'/)
})

test('how long agents wait before they register can be told', async (t) => {
  const cluster = await clusterOf(t, { flags: { agent: ['registration_backoff_factor=20ms'] } })
  const { agents } = await cluster.state()
  assert.deepEqual(
    agents.map(({ active }) => active),
    [true],
  )
})

test('a closed cluster leaves no file behind', async () => {
  const before = leftovers()
  const cluster = await startCluster({ agents: 1, marathon: 1 })
  await cluster.close()
  assert.deepEqual(
    leftovers().filter((name) => !before.includes(name) && existsSync(`${tmpdir()}/${name}`)),
    [],
  )
})

test('as processes: a paused agent is unreachable, a resumed one is back; so after a partition', async (t) => {
  const flags = { master: ['agent_ping_timeout=500ms', 'max_agent_ping_timeouts=2'] }
  const cluster = await clusterOf(t, { agents: 2, mode: 'processes', flags })
  const activeCount = async (): Promise<number> => (await cluster.state()).agents.filter(({ active }) => active).length
  cluster.pause('agent-1')
  await cluster.waitFor(async () => (await activeCount()) === 1, { what: 'it is gone', timeoutMs: 30_000 })
  cluster.resume('agent-1')
  await cluster.waitFor(async () => (await activeCount()) === 2, { what: 'it is back', timeoutMs: 30_000 })
  cluster.partition('agent-2', 'master', 'forth')
  await cluster.waitFor(async () => (await activeCount()) === 1, { what: 'its answers are missing', timeoutMs: 30_000 })
  cluster.heal()
  await cluster.waitFor(async () => (await activeCount()) === 2, { what: 'it answers again', timeoutMs: 30_000 })
})
