import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AgentProcess, FRAMEWORK, scalar, taskInfo } from './testing/agent-process.ts'

let agent: AgentProcess

before(async () => {
  agent = await AgentProcess.start()
})
after(async () => {
  await agent.close()
})

const shell = (value: string) => ({ command: { shell: true, value } })

test('[mesos 91] [mesos 106] a command task goes through STARTING and RUNNING to FINISHED', async () => {
  agent.runTask({ id: 'ok', ...shell('echo hello') })
  const finished = await agent.master.state('ok', 'TASK_FINISHED')
  assert.deepEqual(agent.master.states('ok'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
  assert.equal(finished.message, 'Command exited with status 0')
  assert.equal(finished.source, 'SOURCE_EXECUTOR')
  assert.ok(finished.container_status?.container_id?.value)
  const running = agent.master.statuses('ok').find(({ state }) => state === 'TASK_RUNNING')?.container_status
  assert.ok((running?.executor_pid ?? 0) > 0)
  assert.deepEqual(running?.network_infos, [{ ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] }])
})

test('[mesos 91] exit statuses and signals are told in Mesos words', async () => {
  agent.runTask({ id: 'exit3', ...shell('exit 3') })
  agent.runTask({ id: 'signal', ...shell('kill -9 $$') })
  agent.runTask({ id: 'missing', command: { shell: false, value: '/no/such/binary' } })
  assert.equal((await agent.master.state('exit3', 'TASK_FAILED')).message, 'Command exited with status 3')
  assert.equal((await agent.master.state('signal', 'TASK_FAILED')).message, 'Command terminated with signal Killed')
  assert.equal((await agent.master.state('missing', 'TASK_FAILED')).message, 'Command exited with status 1')
})

test('[mesos 94] [mesos 96] a killed task ends KILLED after KILLING, and stubborn ones after their grace', async () => {
  agent.runTask({ id: 'kill', ...shell('sleep 100') })
  const deaf = join(agent.workDir, 'deaf')
  agent.runTask({ id: 'stubborn', ...shell(`trap '' TERM; touch ${deaf}; while true; do sleep 1; done`) })
  await agent.master.state('kill', 'TASK_RUNNING')
  await agent.master.wait(() => existsSync(deaf))
  const kill = (id: string, nanoseconds?: number): void => {
    const policy = nanoseconds === undefined ? {} : { kill_policy: { grace_period: { nanoseconds } } }
    const ids = { framework_id: FRAMEWORK.id ?? { value: '' }, task_id: { value: id } }
    agent.master.send({ type: 'KILL_TASK', kill_task: { ...ids, ...policy } })
  }
  kill('kill')
  kill('stubborn', 500_000_000)
  const killed = await agent.master.state('kill', 'TASK_KILLED')
  assert.equal(killed.message, 'Command terminated with signal Terminated')
  assert.deepEqual(agent.master.states('kill'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'])
  assert.equal((await agent.master.state('stubborn', 'TASK_KILLED')).message, 'Command terminated with signal Killed')
})

const ids = (id: string) => ({ framework_id: FRAMEWORK.id ?? { value: '' }, task_id: { value: id } })

test('[mesos 3] [mesos 124] a running task survives kill -9 of the agent: same pid, same agent id, still killable', async () => {
  agent.runTask({ id: 'keep', ...shell('sleep 1000') })
  agent.runTask({ id: 'meanwhile', ...shell('sleep 1; exit 7') })
  const pid = (await agent.master.state('keep', 'TASK_RUNNING')).container_status?.executor_pid ?? 0
  await agent.master.state('meanwhile', 'TASK_RUNNING')
  await agent.kill('SIGKILL')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  process.kill(pid, 0)
  agent.run()
  const back = await agent.master.wait(({ messages }) => messages.find(({ type }) => type === 'REREGISTER'))
  const { agent_info: info, tasks } = back.reregister ?? {}
  assert.equal(info?.id?.value, agent.master.agentId)
  assert.ok(tasks?.some(({ task }) => task.task_id.value === 'keep' && task.state === 'TASK_RUNNING'))
  const failed = await agent.master.state('meanwhile', 'TASK_FAILED')
  assert.equal(failed.message, 'Command exited with status 7')
  process.kill(pid, 0)
  agent.master.send({ type: 'KILL_TASK', kill_task: ids('keep') })
  const killed = await agent.master.state('keep', 'TASK_KILLED')
  assert.equal(killed.container_status?.executor_pid, pid)
})

test('[mesos 125] an update that nobody acknowledged is sent again after a restart, with the same uuid', async () => {
  agent.master.autoAcknowledge = false
  agent.runTask({ id: 'unacked', ...shell('true') })
  const first = await agent.master.state('unacked', 'TASK_STARTING')
  await agent.restart()
  await agent.master.wait(({ messages }) => messages.filter(({ type }) => type === 'REREGISTER').length > 1)
  await agent.master.wait((master) => master.statuses('unacked').length > 1)
  const repeated = agent.master.statuses('unacked').at(-1)
  assert.deepEqual(repeated?.uuid, first.uuid)
  assert.deepEqual(new Set(agent.master.states('unacked')), new Set(['TASK_STARTING']))
  agent.master.autoAcknowledge = true
  agent.master.acknowledge({ framework_id: ids('').framework_id, status: first })
  await agent.master.state('unacked', 'TASK_FINISHED')
})

test('updates wait for a lost master and go on when it is back', async () => {
  agent.runTask({ id: 'lost-master', ...shell('sleep 1') })
  await agent.master.state('lost-master', 'TASK_RUNNING')
  agent.master.hangUp()
  await agent.master.state('lost-master', 'TASK_FINISHED')
})

test('[mesos 92] a task group: one fails, the others are killed, and the executor ends with status 0', async () => {
  const resources = [scalar('cpus', 0.1), scalar('mem', 32)]
  const executor = { type: 'DEFAULT' as const, executor_id: { value: 'pod1' }, resources }
  const member = (id: string, value: string) => taskInfo(agent.master.agentId, { id, ...shell(value) })
  agent.master.send({
    type: 'RUN_TASK_GROUP',
    run_task_group: {
      framework_info: FRAMEWORK,
      executor,
      task_group: { tasks: [member('p1', 'sleep 100'), member('p2', 'sleep 1; exit 1')] },
      launch_executor: true,
    },
  })
  const killed = await agent.master.state('p1', 'TASK_KILLED')
  assert.equal(killed.message, 'Command terminated with signal Terminated')
  assert.equal(killed.executor_id?.value, 'pod1')
  assert.ok(killed.container_status?.container_id?.parent?.value)
  assert.equal((await agent.master.state('p2', 'TASK_FAILED')).message, 'Command exited with status 1')
  assert.deepEqual(agent.master.states('p1'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'])
  const exited = await agent.master.wait(({ messages }) => messages.find(({ type }) => type === 'EXECUTOR_EXITED'))
  assert.deepEqual([exited.executor_exited?.executor_id.value, exited.executor_exited?.status], ['pod1', 0])
})

test('[mesos 116] a failing health check is told and in the end kills the task', async () => {
  const health_check = {
    type: 'COMMAND' as const,
    command: { shell: true, value: 'test -e healthy && test ! -e sick' },
    delay_seconds: 0,
    interval_seconds: 0.1,
    grace_period_seconds: 0,
    consecutive_failures: 2,
  }
  agent.runTask({ id: 'sick', ...shell('touch healthy; sleep 1; touch sick; sleep 100'), health_check })
  await agent.master.wait((master) => master.statuses('sick').some((status) => status.healthy === true))
  const killed = await agent.master.state('sick', 'TASK_KILLED')
  assert.equal(killed.healthy, false)
  const unhealthy = agent.master
    .statuses('sick')
    .find((status) => status.state === 'TASK_RUNNING' && status.healthy === false)
  assert.equal(unhealthy?.reason, 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED')
})

test('[mesos 120] TCP and HTTP checks report what they find', async () => {
  const server = createServer((_request, response) => response.writeHead(204).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  const timing = { delay_seconds: 0, interval_seconds: 0.1 }
  const { port } = address
  agent.runTask({ id: 'tcp', ...shell('sleep 100'), check: { type: 'TCP', tcp: { port }, ...timing } })
  agent.runTask({ id: 'http', ...shell('sleep 100'), check: { type: 'HTTP', http: { port, path: '/x' }, ...timing } })
  await agent.master.wait((master) =>
    master.statuses('tcp').some((status) => status.check_status?.tcp?.succeeded === true),
  )
  await agent.master.wait((master) =>
    master.statuses('http').some((status) => status.check_status?.http?.status_code === 204),
  )
  assert.deepEqual(agent.master.statuses('tcp')[1]?.check_status, { type: 'TCP', tcp: {} })
  server.close()
  for (const id of ['tcp', 'http']) agent.master.send({ type: 'KILL_TASK', kill_task: ids(id) })
  await agent.master.state('tcp', 'TASK_KILLED')
})

test('[mesos 117] [mesos 118] health checks by HTTP and TCP tell health and kill who has lost it', async () => {
  let status = 200
  const server = createServer((_request, response) => response.writeHead(status).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  const { port } = address
  const timing = { delay_seconds: 0, interval_seconds: 0.1, grace_period_seconds: 0, consecutive_failures: 2 }
  const http = { type: 'HTTP' as const, http: { port, path: '/health' }, ...timing }
  const tcp = { type: 'TCP' as const, tcp: { port }, ...timing }
  agent.runTask({ id: 'by-http', ...shell('sleep 100'), health_check: http })
  agent.runTask({ id: 'by-tcp', ...shell('sleep 100'), health_check: tcp })
  const isHealthy = (id: string): boolean => agent.master.statuses(id).some(({ healthy }) => healthy === true)
  await agent.master.wait(() => isHealthy('by-http') && isHealthy('by-tcp'))
  status = 500
  assert.equal((await agent.master.state('by-http', 'TASK_KILLED')).healthy, false)
  assert.equal(agent.master.states('by-tcp').includes('TASK_KILLED'), false, 'the port is still open')
  server.close()
  server.closeAllConnections()
  assert.equal((await agent.master.state('by-tcp', 'TASK_KILLED')).healthy, false)
})

/** A process that has ended and that nobody has asked about yet has no command line any more. */
const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''

test('[mesos 11] SIGUSR1 unregisters the agent, ends its tasks and then the process', async (context) => {
  const other = await AgentProcess.start()
  context.after(() => other.close())
  other.runTask({ id: 'last', ...shell('sleep 100') })
  const pid = (await other.master.state('last', 'TASK_RUNNING')).container_status?.executor_pid ?? 0
  assert.ok(isRunning(pid))
  const ended = other.ended()
  process.kill(other.pid, 'SIGUSR1')
  await other.master.wait(({ messages }) => messages.find(({ type }) => type === 'UNREGISTER'))
  assert.equal(await ended, 0)
  assert.equal(isRunning(pid), false)
})

test('[mesos 97] max_completion_time ends a task as FAILED', async () => {
  agent.runTask({ id: 'long', ...shell('sleep 100'), max_completion_time: { nanoseconds: 300_000_000 } })
  const failed = await agent.master.state('long', 'TASK_FAILED')
  assert.equal(failed.reason, 'REASON_MAX_COMPLETION_TIME_REACHED')
  assert.ok(!agent.master.states('long').includes('TASK_KILLING'))
})

test('[mesos 175] [mesos 177] files are fetched: archives unpacked, programs made executable, names given', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fetch-test-'))
  await writeFile(join(directory, 'inside'), 'packed')
  execFileSync('tar', ['-C', directory, '-czf', join(directory, 'pack.tgz'), 'inside'])
  await writeFile(join(directory, 'tool.sh'), '#!/bin/sh\necho tool ran\n')
  const server = createServer((_request, response) => response.end('from http'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  const uris = [
    { value: join(directory, 'pack.tgz') },
    { value: `file://${join(directory, 'tool.sh')}`, executable: true },
    { value: `http://127.0.0.1:${address.port}/a?b=c`, output_file: 'sub/web', cache: true },
  ]
  const value = './tool.sh && cat inside sub/web && ls pack.tgz'
  agent.runTask({ id: 'fetch', command: { shell: true, value, uris } })
  assert.equal((await agent.master.state('fetch', 'TASK_FINISHED')).message, 'Command exited with status 0')
  agent.runTask({ id: 'nofetch', command: { shell: true, value: 'true', uris: [{ value: '/no/such/file' }] } })
  const failed = await agent.master.state('nofetch', 'TASK_FAILED')
  assert.equal(failed.reason, 'REASON_CONTAINER_LAUNCH_FAILED')
  server.close()
  await rm(directory, { recursive: true })
})
