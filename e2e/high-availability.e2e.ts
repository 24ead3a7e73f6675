/** Several of everything on etcd, from one command: leaders are killed one after the other, and nothing is lost. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addJob, runsOf } from './harness/chronos.ts'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { startCommand } from './harness/command.ts'
import { running, settled } from './harness/marathon.ts'
import { isAlive, processesWith } from './harness/processes.ts'

type Part = { readonly name: string; readonly kind: string; readonly pid: number; readonly leads?: boolean }

let cluster: Cluster
before(async () => {
  const counts = { masters: 3, marathons: 2, chronoses: 2, etcds: 1 }
  cluster = await startCluster({ agents: 2, counts, flags: ['--store', 'etcd'] })
})
after(async () => {
  await cluster.remove()
})

async function leaderOf(kind: string): Promise<Part | undefined> {
  const { stdout } = await startCommand(cluster, ['status', '--json']).ended
  const { processes } = JSON.parse(stdout) as { readonly processes: readonly Part[] }
  return processes.find((part) => part.kind === kind && part.leads === true)
}

const marker = 'sleep 4711'
const pids = (): number[] =>
  processesWith(marker)
    .filter(({ cwd }) => cwd.startsWith(cluster.workDir))
    .map(({ pid }) => pid)
    .sort()

const succeeded = async (): Promise<number> =>
  (await runsOf(cluster, 'tick')).filter(({ state }) => state === 'succeeded').length

test('an app and a job run on a cluster with three masters, two Marathons and two Chronos on etcd', async () => {
  const app = { id: '/ha', cmd: marker, cpus: 0.1, mem: 32, instances: 2 }
  await cluster.send('marathon', '/v2/apps', { method: 'POST', body: app })
  await settled(cluster, '/ha', 2)
  await addJob(cluster, { name: 'tick', command: 'true', schedule: 'R//PT3S' })
  await eventually('the job has run', async () => (await succeeded()) > 0, 60_000)
})

for (const kind of ['master', 'marathon', 'chronos', 'etcd']) {
  test(`kill -9 of what leads of ${kind}: another leads or it comes back, and tasks keep their pids`, async () => {
    const tasks = running(await settled(cluster, '/ha', 2)).map(({ id }) => id)
    const kept = pids()
    assert.ok(kept.length >= 2)
    const count = await succeeded()
    const leader = await eventually(`somebody leads of ${kind}`, () => leaderOf(kind))
    process.kill(leader.pid, 'SIGKILL')
    await eventually(
      `somebody else leads of ${kind}`,
      async () => {
        const next = await leaderOf(kind)
        return next !== undefined && next.pid !== leader.pid
      },
      60_000,
    )
    await eventually('the job goes on', async () => (await succeeded()) > count, 60_000)
    const app = await settled(cluster, '/ha', 2)
    assert.deepEqual(
      running(app)
        .map(({ id }) => id)
        .sort(),
      tasks.sort(),
    )
    assert.deepEqual(pids(), kept)
    assert.ok(kept.every(isAlive))
  })
}

test('Ctrl-C leaves no process', async () => {
  assert.equal(await cluster.stop(), 0)
  assert.deepEqual(cluster.leftovers(), [])
})
