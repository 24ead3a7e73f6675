/** The command line against a real cluster: what it prints, and that what is wrong is said and changes nothing. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { ended } from './harness/chronos.ts'
import { newWorkDir, root, startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { run, startCommand, succeed, succeedJson } from './harness/command.ts'
import { settled } from './harness/marathon.ts'

let cluster: Cluster
const folder = newWorkDir()

before(async () => {
  cluster = await startCluster({ agents: 2 })
})
after(async () => {
  await cluster.remove()
  rmSync(folder, { recursive: true })
})

const file = (name: string, content: string): string => {
  writeFileSync(`${folder}/${name}`, content)
  return `${folder}/${name}`
}
const example = (name: string): string => `${root}examples/${name}`

test('[cli] status names every part, as a table and as JSON', async () => {
  const text = await succeed(cluster, ['status'])
  assert.match(text, /^Running for .+ in .+\.\nPART +STATE +PID +ADDRESS\n/)
  for (const name of ['master', 'agent-1', 'agent-2', 'marathon', 'chronos', 'gateway']) {
    assert.match(text, new RegExp(`^${name} +running +\\d+ +http://127\\.0\\.0\\.\\d:\\d+$`, 'm'))
  }
  type Status = { running: boolean; workDir: string; processes: { name: string; running: boolean; pid: number }[] }
  const status = await succeedJson<Status>(cluster, ['status'])
  assert.equal(status.running, true)
  assert.equal(status.workDir, cluster.workDir)
  assert.deepEqual(
    status.processes.map(({ name, running, pid }) => [name, running, pid]),
    cluster.parts().map(({ name, pid }) => [name, true, pid]),
  )
})

test('[cli] node list and show tell what the nodes have', async () => {
  assert.match(await succeed(cluster, ['node', 'list']), /^ID +HOST +STATE +CPUS +MEM \(MiB\)\n(.+ active .+\n){2}$/)
  type Node = { id: string; hostname: string; resources: { cpus: number } }
  const nodes = await succeedJson<Node[]>(cluster, ['node', 'list'])
  assert.deepEqual(nodes.map(({ hostname }) => hostname).sort(), ['127.0.0.1', '127.0.0.2'])
  const shown = await succeedJson<Node>(cluster, ['node', 'show', '127.0.0.2'])
  assert.deepEqual(
    shown,
    nodes.find(({ hostname }) => hostname === '127.0.0.2'),
  )
})

test('[cli] app: deploy, list, show, scale, restart, remove', async () => {
  assert.equal(await succeed(cluster, ['app', 'list']), 'No services.\n')
  assert.match(await succeed(cluster, ['app', 'deploy', example('sleep.json')]), /^Deploying \/sleep;/)
  const before = await settled(cluster, '/sleep', 1)
  assert.match(await succeed(cluster, ['app', 'list']), /^ID +RUNNING +STATE\n\/sleep +1\/1 +running\n$/)
  assert.equal((await succeedJson<{ instances: number }>(cluster, ['app', 'show', '/sleep'])).instances, 1)
  assert.equal(await succeed(cluster, ['app', 'scale', '/sleep', '2']), '/sleep scales to 2.\n')
  await settled(cluster, '/sleep', 2)
  const { deploymentId } = await succeedJson<{ deploymentId: string }>(cluster, ['app', 'restart', '/sleep'])
  assert.match(deploymentId, /^[0-9a-f-]{36}$/)
  const after = await settled(cluster, '/sleep', 2)
  assert.ok(after.tasks.every(({ id }) => before.tasks.every((task) => task.id !== id)))
  const list = await succeedJson<{ id: string; tasksRunning: number }[]>(cluster, ['app', 'list'])
  assert.deepEqual(
    list.map(({ id, tasksRunning }) => [id, tasksRunning]),
    [['/sleep', 2]],
  )
  await succeed(cluster, ['app', 'remove', '/sleep'])
  await eventually('it is gone', async () => (await succeed(cluster, ['app', 'list'])) === 'No services.\n')
})

test('[mesos 226] task exec runs a command in a task, with input, exit code and a terminal', async () => {
  await succeed(cluster, ['app', 'deploy', example('sleep.json')])
  await settled(cluster, '/sleep', 1)
  const script = 'read line; echo "heard $line"; echo "$MESOS_EXECUTOR_ID" >&2; exit 3'
  const { status, stdout, stderr } = await run(cluster, ['task', 'exec', '-i', 'sleep', 'sh', '-c', script], {
    input: 'a word\n',
  })
  assert.deepEqual([status, stdout], [3, 'heard a word\n'], stderr)
  assert.match(stderr, /^sleep\.[^\n]+\n$/)
  assert.match(await succeed(cluster, ['task', 'exec', '-t', 'sleep', 'tty']), /^\/dev\/pts\/\d+\r\n$/)
  for (const words of [
    ['sleep', 'sh', '-c', 'exit 4'],
    ['sleep', '--', 'sh', '-c', 'test --json; exit 4'],
  ])
    assert.equal((await run(cluster, ['task', 'exec', ...words])).status, 4)
  const missing = await run(cluster, ['task', 'exec', 'no-such-task', 'true'])
  assert.deepEqual([missing.status, missing.stdout], [1, ''])
  const attached = await run(cluster, ['task', 'attach', 'sleep'])
  assert.match(attached.stderr, /I\/O switchboard server was disabled for this container/)
  await succeed(cluster, ['app', 'remove', '/sleep'])
  await eventually('it is gone', async () => (await succeed(cluster, ['app', 'list'])) === 'No services.\n')
})

test('[cli] app deploy takes groups, and documents from standard input', async () => {
  await succeed(cluster, ['app', 'deploy', example('shop-group.json')])
  await settled(cluster, '/shop/front', 2)
  const input = JSON.stringify([
    { id: '/piped/a', cmd: 'sleep 100', cpus: 0.1, mem: 32 },
    { id: '/piped/b', cmd: 'sleep 100', cpus: 0.1, mem: 32 },
  ])
  await succeed(cluster, ['app', 'deploy', '-'], { input })
  await settled(cluster, '/piped/a', 1)
  await settled(cluster, '/piped/b', 1)
})

test('[cli] job: add, list, show, run, runs, kill, remove', async () => {
  assert.equal(await succeed(cluster, ['job', 'list']), 'No jobs.\n')
  assert.equal(await succeed(cluster, ['job', 'add', example('job-once.json')]), 'Job once is stored.\n')
  await ended(cluster, 'once', 1)
  assert.equal(await succeed(cluster, ['job', 'run', 'once']), 'Job once starts.\n')
  await ended(cluster, 'once', 2)
  const runs = await succeedJson<{ cause: string; state: string }[]>(cluster, ['job', 'runs', 'once'])
  assert.deepEqual(
    runs.map(({ cause, state }) => [cause, state]),
    [
      ['manual', 'succeeded'],
      ['schedule', 'succeeded'],
    ],
  )
  assert.equal((await succeedJson<{ successCount: number }>(cluster, ['job', 'show', 'once'])).successCount, 2)
  const list = await succeed(cluster, ['job', 'list'])
  assert.match(list, /^NAME +STATE +SCHEDULE +OK +FAILED +LAST\nonce +disabled +R0\/\S+ +2 +0 +\S+\n$/)
  const long = file(
    'long.json',
    JSON.stringify({ name: 'long', schedule: 'R1//PT1H', command: 'sleep 100', cpus: 0.1 }),
  )
  await succeed(cluster, ['job', 'add', long])
  await eventually('it runs', async () =>
    (await succeedJson<{ state: string }[]>(cluster, ['job', 'runs', 'long'])).some(({ state }) => state === 'running'),
  )
  assert.equal(await succeed(cluster, ['job', 'kill', 'long']), 'Job long is being ended.\n')
  assert.equal((await ended(cluster, 'long', 1))[0]?.state, 'killed')
  for (const name of ['once', 'long']) {
    assert.equal(await succeed(cluster, ['job', 'remove', name]), `Job ${name} is removed.\n`)
  }
  assert.deepEqual(await succeedJson(cluster, ['job', 'list']), [])
})

test('[cli] task list and log; --follow goes on with the task, and the end of the log is its end', async () => {
  const cmd = 'echo to stderr >&2; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done'
  const input = JSON.stringify({ id: '/talking', cmd, cpus: 0.1, mem: 32 })
  await succeed(cluster, ['app', 'deploy', '-'], { input })
  const [task] = (await settled(cluster, '/talking', 1)).tasks
  assert.ok(task)
  const line = new RegExp(`^${task.id.replaceAll('.', '\\.')} +TASK_RUNNING +${task.slaveId} +\\d+ s$`, 'm')
  assert.match(await succeed(cluster, ['task', 'list']), line)
  const follow = startCommand(cluster, ['task', 'log', '--follow', 'talking'])
  await follow.prints('line 3\n')
  await follow.prints('line 9\n')
  const { stdout } = await follow.stop()
  assert.match(stdout, /^line 1\nline 2\nline 3\n/)
  assert.match(await succeed(cluster, ['task', 'log', task.id]), /^line 1\nline 2\n/)
  assert.match(await succeed(cluster, ['task', 'log', '--stderr', 'talking']), /to stderr\n/)
  await succeed(cluster, ['app', 'remove', '/talking'])
  await eventually('it has ended', async () => !(await succeed(cluster, ['task', 'list'])).includes(task.id))
  assert.match(await succeed(cluster, ['task', 'list', '--all']), new RegExp(`${task.id} +TASK_KILLED`))
  assert.match(await succeed(cluster, ['task', 'log', task.id]), /^line 1\n/)
})

const wrong: readonly { args: readonly string[]; status: number; says: RegExp; url?: string; workDir?: string }[] = [
  { args: ['app', 'show', '/nowhere'], status: 1, says: /refused \(404\): App '\/nowhere' does not exist/ },
  { args: ['app', 'deploy', '/nowhere.json'], status: 2, says: /^\/nowhere\.json cannot be read: .*no such file/ },
  { args: ['app', 'deploy', `${root}README.md`], status: 2, says: /README\.md is not JSON: / },
  { args: ['app', 'deploy', file('nameless.json', '{"cmd": "true"}')], status: 2, says: /has no "id"/ },
  { args: ['app', 'deploy', file('wrong.json', '{"id": "/x", "cmd": "true", "cpus": -1}')], status: 1, says: /cpus/ },
  { args: ['app', 'scale', '/shop/db', 'many'], status: 2, says: /^"many" is not a number of instances: give a whole/ },
  { args: ['app', 'scale', '/shop/db', '-1'], status: 2, says: /^"-1" is not a number of instances/ },
  { args: ['app', 'remove', '/nowhere'], status: 1, says: /refused \(404\)/ },
  {
    args: ['job', 'add', file('bad-job.json', '{"name": "x", "schedule": "often", "command": "true"}')],
    status: 1,
    says: /Cannot parse schedule 'often'/,
  },
  {
    args: ['job', 'add', file('orphan.json', '{"name": "x", "parents": ["nobody"], "command": "true"}')],
    status: 1,
    says: /nobody/,
  },
  { args: ['job', 'show', 'nobody'], status: 1, says: /Job 'nobody' not found/ },
  { args: ['job', 'run', 'nobody'], status: 1, says: /nobody/ },
  { args: ['task', 'log', 'nobody'], status: 1, says: /^There is no task nobody: / },
  { args: ['task', 'log', 'shop'], status: 1, says: /^5 tasks match shop: / },
  { args: ['node', 'show', 'nobody'], status: 1, says: /^There is no node nobody: / },
  {
    args: ['app', 'list'],
    url: 'http://127.0.0.1:1',
    status: 1,
    says: /^No cluster answers at http:\/\/127\.0\.0\.1:1: /,
  },
  { args: ['app', 'list'], url: 'somewhere', status: 2, says: /^"somewhere" is not a URL: / },
  { args: ['app', 'lst'], status: 1, says: /unknown command 'lst'\n\(Did you mean list\?\)/ },
  { args: ['app', 'show'], status: 1, says: /missing required argument 'id'/ },
  { args: ['status'], workDir: '/nowhere', status: 1, says: /^No cluster runs in \/nowhere: / },
  { args: ['down'], workDir: '/nowhere', status: 1, says: /^No cluster runs in \/nowhere: / },
  { args: ['up', '--agents', 'few'], status: 1, says: /'few' is invalid\. Allowed: whole numbers/ },
]

test('[cli] what is wrong is said in one sentence and changes nothing', async () => {
  const look = async (): Promise<unknown> => [
    await cluster.json('marathon', '/v2/groups'),
    await cluster.json('chronos', '/v1/scheduler/jobs'),
    cluster.parts(),
  ]
  const before = await look()
  const surprises: string[] = []
  for (const { args, status, says, ...call } of wrong) {
    const { stdout, stderr, ...answer } = await run(cluster, args, call)
    const lines = stderr.trim().split('\n')
    const isShort = lines.filter((line) => !line.startsWith('(')).length <= 2 && !/ at .*\.[jt]s:\d+|node:/.test(stderr)
    if (answer.status === status && says.test(stderr) && stdout === '' && isShort) continue
    surprises.push(`thermo ${args.join(' ')} -> ${answer.status}: ${stdout}${stderr}`)
  }
  assert.deepEqual(surprises, [])
  assert.deepEqual(await look(), before)
})

test('[cli] down stops the cluster from elsewhere and leaves no process', async () => {
  assert.equal(await succeed(cluster, ['down']), 'Stopped.\n')
  assert.equal(await cluster.ended(), 0)
  assert.deepEqual(cluster.leftovers(), [])
  const { status, stderr } = await run(cluster, ['status'])
  assert.equal(status, 1)
  assert.match(stderr, /^No cluster runs in .*: start one with `thermo up`\.\n$/)
})

test('[cli] up with another number of agents finds the apps again on the agents there are', async () => {
  const { workDir, ports } = cluster
  cluster = await startCluster({ agents: 1, workDir, ports })
  await settled(cluster, '/shop/front', 2)
  assert.equal((await succeedJson<unknown[]>(cluster, ['node', 'list'])).length, 1)
})
