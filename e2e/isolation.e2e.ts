/** What keeps tasks apart: cgroups and namespaces as root, plain processes as an ordinary user. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { addJob, ended, getJob } from './harness/chronos.ts'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { placeOf, settled } from './harness/marathon.ts'
import type { Task } from './harness/marathon.ts'
import { processes } from './harness/processes.ts'
import { lacks } from './harness/requirements.ts'
import { executorOf, readSandbox, sandboxShows } from './harness/sandbox.ts'

/** `tail` keeps what it reads until a line ends, and no line ends here. */
const hog = 'echo greedy; head -c 500M /dev/zero | tail'
const small = { cpus: 0.1, mem: 32 }

const deploy = async (cluster: Cluster, app: { id: string; cmd: string }): Promise<Task> => {
  await cluster.send('marathon', '/v2/apps', { method: 'POST', body: { ...small, ...app } })
  const [task] = (await settled(cluster, app.id, 1)).tasks
  assert.ok(task)
  return task
}

const pidOf = (command: string): Promise<number> =>
  eventually(`the process "${command}"`, () => processes().find((one) => one.command === command)?.pid)

const statusOf = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''

/** The memory limit in bytes and the path of the cgroup that holds it, version 1 or 2. */
function memoryCgroupOf(pid: number): { readonly path: string; readonly limit: number } {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
  const line = lines.find((one) => /^\d+:memory:/.test(one)) ?? lines.find((one) => one.startsWith('0::')) ?? ''
  const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1)
  const files = [`/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`, `/sys/fs/cgroup${path}/memory.max`]
  const file = files.find((one) => existsSync(one))
  assert.ok(file, `no memory cgroup at ${path}`)
  return { path, limit: Number(readFileSync(file, 'utf8')) }
}

describe('as root', { skip: lacks({ root: true, programs: ['head', 'tail'] }) }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster({ agents: 1 })
  })
  after(async () => {
    await cluster.remove()
  })

  test('[platform] the start says that cgroups and namespaces are used', () => {
    assert.match(cluster.output(), /Isolation: cgroups and namespaces \(running as root; .*cgroups\/mem.*\)/)
  })

  test('[agent] a task lives in its own pid namespace and in a cgroup with its limits', async () => {
    const cmd = 'echo "namespace $(readlink /proc/self/ns/pid), $(ls -d /proc/[0-9]* | wc -l) processes"; sleep 86421'
    const task = await deploy(cluster, { id: '/apart', cmd })
    const place = await placeOf(cluster, task)
    const text = await sandboxShows(cluster, place, { file: 'stdout', text: 'processes\n' })
    const [, namespace, count] = /namespace (\S+), (\d+) processes/.exec(text) ?? []
    assert.notEqual(namespace, readlinkSync('/proc/self/ns/pid'))
    assert.ok(Number(count) < 10, `it sees ${count} processes`)
    const pid = await pidOf('sleep 86421')
    assert.equal(readlinkSync(`/proc/${pid}/ns/pid`), namespace)
    const { path, limit } = memoryCgroupOf(pid)
    const { container } = await executorOf(cluster, place)
    assert.ok(path.includes(container), `${path} is not that of ${container}`)
    assert.ok(limit >= 32 * 2 ** 20 && limit <= 64 * 2 ** 20, `its memory is limited to ${limit} bytes`)
  })

  test('[marathon] a task over its memory limit is killed, and the app says so', async () => {
    const body = { ...small, id: '/greedy', cmd: hog, backoffSeconds: 60 }
    await cluster.send('marathon', '/v2/apps', { method: 'POST', body })
    type Failure = { readonly state: string; readonly message: string }
    const failure = await eventually('the failure is told', async () => {
      const path = '/v2/apps/greedy?embed=app.lastTaskFailure'
      const { app } = await cluster.json<{ app: { lastTaskFailure?: Failure } }>('marathon', path)
      return app.lastTaskFailure
    })
    assert.equal(failure.state, 'TASK_FAILED')
    assert.match(failure.message, /^Memory limit exceeded: Requested: \d+(\.\d+)?MB/)
    await cluster.send('marathon', '/v2/apps/greedy?force=true', { method: 'DELETE' })
    assert.equal((await settled(cluster, '/apart', 1)).tasks.length, 1)
  })

  test('[chronos] a run over its memory limit fails for that reason', async () => {
    await addJob(cluster, { name: 'greedy', schedule: 'R1//PT1H', retries: 0, command: hog })
    const [run] = await ended(cluster, 'greedy', 1)
    assert.ok(run)
    assert.deepEqual([run.state, run.reason], ['failed', 'REASON_CONTAINER_LIMITATION_MEMORY'])
    assert.match(run.message ?? '', /^Memory limit exceeded: /)
    assert.equal(await readSandbox(cluster, run, 'stdout'), 'greedy\n')
    assert.equal((await getJob(cluster, 'greedy')).errorCount, 1)
  })

  test('Ctrl-C leaves no process and no cgroup', async () => {
    const { path } = memoryCgroupOf(await pidOf('sleep 86421'))
    assert.equal(await cluster.stop(), 0)
    assert.deepEqual(cluster.leftovers(), [])
    assert.deepEqual(
      ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].filter((mount) => existsSync(mount + path)),
      [],
    )
  })
})

const nobody = 65_534

describe('as an ordinary user', { skip: lacks({ root: true, programs: ['setpriv', 'unshare', 'mount'] }) }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster({ agents: 1, uid: nobody, flags: ['--without', 'gateway'] })
  })
  after(async () => {
    await cluster.remove()
  })

  test('[platform] the start says that plain processes are used, and why', () => {
    assert.match(cluster.output(), /Isolation: plain processes \(running as an ordinary user; posix\/.*\)/)
    for (const { pid } of cluster.parts()) assert.equal(statusOf(pid, 'Uid').split('\t')[0], String(nobody))
  })

  test('[agent] a service and a job run as that user, without a namespace of their own', async () => {
    await deploy(cluster, { id: '/plain', cmd: 'sleep 86422' })
    const pid = await pidOf('sleep 86422')
    assert.equal(statusOf(pid, 'Uid').split('\t')[0], String(nobody))
    assert.equal(readlinkSync(`/proc/${pid}/ns/pid`), readlinkSync('/proc/self/ns/pid'))
    await addJob(cluster, { name: 'plain', schedule: 'R1//PT1H', command: 'true' })
    assert.equal((await ended(cluster, 'plain', 1))[0]?.state, 'succeeded')
  })

  test('Ctrl-C leaves no process', async () => {
    assert.equal(await cluster.stop(), 0)
    assert.deepEqual(cluster.leftovers(), [])
    assert.ok(!processes().some(({ command }) => command === 'sleep 86422'))
  })
})
