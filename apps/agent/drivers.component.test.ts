/** Executors of the v0 protocol at an agent process, over real sockets: the driver is played here, message by message. */
import type { internal, mesos } from '@thermosphere/protocol'
import { formatProcessId } from '@thermosphere/protocol/node'
import { FakeDriver } from '@thermosphere/protocol/testing'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { AgentProcess, FRAMEWORK, scalar, taskInfo } from './testing/agent-process.ts'

const framework_id = FRAMEWORK.id ?? { value: '' }
const executor_id = { value: 'old' }
const ids = { framework_id, executor_id }
const info: mesos.ExecutorInfo = {
  ...ids,
  // It runs; the test speaks for it.
  command: { shell: true, value: 'exec sleep 100000' },
  resources: [scalar('cpus', 0.1), scalar('mem', 32)],
}

let agent: AgentProcess
let driver: FakeDriver

const startDriver = ({ port }: AgentProcess): Promise<FakeDriver> =>
  FakeDriver.start({ id: 'executor(1)', peer: { id: 'slave(1)', port } })

beforeEach(async () => {
  agent = await AgentProcess.start()
  driver = await startDriver(agent)
})
afterEach(async () => {
  await driver.crash()
  await agent.close()
})

function run(id: string, { isFirst }: { isFirst: boolean }): void {
  const task: mesos.TaskInfo = { ...taskInfo(agent.master.agentId, { id }), executor: info }
  agent.master.send({
    type: 'RUN_TASK',
    run_task: { framework_info: FRAMEWORK, task, launch_executor: isFirst },
  })
}

const slave_id = (): mesos.AgentID => ({ value: agent.master.agentId })

function statusUpdate(id: string, state: mesos.TaskState, data?: string): internal.StatusUpdate {
  const status: mesos.TaskStatus = { task_id: { value: id }, state, ...(data && { data: Buffer.from(data) }) }
  const uuid = randomBytes(16)
  return { ...ids, slave_id: slave_id(), status, timestamp: 1_700_000_000, uuid }
}

function update(id: string, state: mesos.TaskState, data?: string): internal.StatusUpdate {
  const sent = statusUpdate(id, state, data)
  driver.say('mesos.internal.StatusUpdateMessage', { update: sent, pid: driver.pid })
  return sent
}

/** An executor that has registered, with tasks that run. */
async function running(...[first = '', ...others]: string[]): Promise<void> {
  run(first, { isFirst: true })
  await eventually('the executor is launched', async () => (await executors()).length === 1)
  driver.say('mesos.internal.RegisterExecutorMessage', ids)
  for (const id of others) run(id, { isFirst: false })
  await eventually(
    'all tasks are there',
    () => driver.heard('mesos.internal.RunTaskMessage').length === 1 + others.length,
  )
  for (const id of [first, ...others]) {
    update(id, 'TASK_RUNNING')
    await agent.master.state(id, 'TASK_RUNNING')
  }
}

async function executors(): Promise<object[]> {
  const state = await agent.json<{ frameworks: { executors: object[] }[] }>('/state')
  return state.frameworks.flatMap((framework) => framework.executors)
}

test('[mesos 112] a v0 executor: registers, runs tasks, reports, gets messages and kills, and is shut down', async () => {
  run('a', { isFirst: true })
  await eventually('the executor is launched', async () => (await executors()).length === 1)
  driver.say('mesos.internal.RegisterExecutorMessage', ids)
  const registered = await driver.next('mesos.internal.ExecutorRegisteredMessage')
  assert.deepEqual(registered.executor_info.command, info.command)
  assert.deepEqual(registered.framework_id, framework_id)
  assert.equal(registered.framework_info.name, FRAMEWORK.name)
  assert.deepEqual([registered.slave_id, registered.slave_info.id], [slave_id(), slave_id()])
  const launched = await driver.next('mesos.internal.RunTaskMessage')
  assert.deepEqual([launched.task.task_id.value, launched.framework.id, launched.pid], ['a', framework_id, ''])

  const sent = update('a', 'TASK_RUNNING', 'some data')
  const status = await agent.master.state('a', 'TASK_RUNNING')
  assert.equal(Buffer.from(status.data ?? []).toString(), 'some data')
  assert.deepEqual(
    [status.source, status.executor_id, status.timestamp],
    ['SOURCE_EXECUTOR', executor_id, sent.timestamp],
  )
  assert.deepEqual(Buffer.from(status.uuid ?? []), sent.uuid)
  assert.ok(status.container_status?.executor_pid)
  assert.deepEqual(await driver.next('mesos.internal.StatusUpdateAcknowledgementMessage'), {
    slave_id: slave_id(),
    framework_id,
    task_id: { value: 'a' },
    uuid: new Uint8Array(sent.uuid ?? []),
  })

  agent.master.send({
    type: 'FRAMEWORK_MESSAGE',
    framework_message: { ...ids, data: Buffer.from('down') },
  })
  const down = await driver.next('mesos.internal.FrameworkToExecutorMessage')
  assert.deepEqual({ ...down, data: Buffer.from(down.data).toString() }, { slave_id: slave_id(), ...ids, data: 'down' })
  driver.say('mesos.internal.ExecutorToFrameworkMessage', { slave_id: slave_id(), ...ids, data: Buffer.from('up') })
  const up = await agent.master.wait(
    ({ messages }) => messages.find((message) => message.executor_message)?.executor_message,
  )
  assert.deepEqual({ ...up, data: Buffer.from(up.data).toString() }, { ...ids, data: 'up' })

  run('b', { isFirst: false })
  const kill_policy = { grace_period: { nanoseconds: 7e9 } }
  agent.master.send({ type: 'KILL_TASK', kill_task: { framework_id, task_id: { value: 'b' }, kill_policy } })
  assert.deepEqual(await driver.next('mesos.internal.KillTaskMessage'), {
    framework_id,
    task_id: { value: 'b' },
    kill_policy,
  })
  assert.deepEqual(
    driver.received.slice(-2).map(({ name }) => name),
    ['mesos.internal.RunTaskMessage', 'mesos.internal.KillTaskMessage'],
    'in the order of the master',
  )
  update('b', 'TASK_KILLED')
  await agent.master.state('b', 'TASK_KILLED')

  agent.master.send({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: ids })
  assert.deepEqual(await driver.next('mesos.internal.ShutdownExecutorMessage'), ids)
  const senders = driver.received.map(({ from }) => formatProcessId(from))
  assert.deepEqual(new Set(senders), new Set([`slave(1)@127.0.0.1:${agent.port}`]))
  assert.equal(driver.answered, '', 'messages are not answered')
})

test('[mesos 112] after kill -9 the agent asks the driver to reconnect, takes what it missed, and goes on', async () => {
  await running('a', 'b')
  await agent.kill('SIGKILL')
  driver.forget()
  // The default of 2 s is too short where everything is slow.
  agent.run({ flags: ['--executor_reregistration_timeout=6secs'] })
  assert.deepEqual(await driver.next('mesos.internal.ReconnectExecutorMessage'), { slave_id: slave_id() })
  const missed = statusUpdate('a', 'TASK_FINISHED')
  driver.say('mesos.internal.ReregisterExecutorMessage', { ...ids, updates: [missed] })
  const back = await driver.next('mesos.internal.ExecutorReregisteredMessage')
  assert.deepEqual([back.slave_id, back.slave_info.id], [slave_id(), slave_id()])
  const acknowledged = await driver.next('mesos.internal.StatusUpdateAcknowledgementMessage')
  assert.deepEqual(Buffer.from(acknowledged.uuid), missed.uuid)
  await agent.master.state('a', 'TASK_FINISHED')
  const told = agent.master.messages.findLast((message) => message.reregister)?.reregister
  assert.deepEqual(told?.tasks?.map(({ task }) => [task.task_id.value, task.state]).toSorted(), [
    ['a', 'TASK_FINISHED'],
    ['b', 'TASK_RUNNING'],
  ])
  agent.master.send({ type: 'KILL_TASK', kill_task: { framework_id, task_id: { value: 'b' } } })
  assert.equal((await driver.next('mesos.internal.KillTaskMessage')).task_id.value, 'b')
  update('b', 'TASK_KILLED')
  await agent.master.state('b', 'TASK_KILLED')
})

test('[mesos 112] a driver that does not answer after a restart is given up, and its container ends', async () => {
  await running('a')
  await agent.kill('SIGKILL')
  agent.run({ flags: ['--executor_reregistration_timeout=1500ms'] })
  const status = await agent.master.state('a', 'TASK_GONE')
  assert.equal(status.reason, 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT')
  assert.equal(driver.heard('mesos.internal.ReconnectExecutorMessage').length, 2, 'it was asked again')
  await eventually('it is gone', async () => (await executors()).length === 0)
})

test('[mesos 112] a driver whose connection breaks is asked to reconnect, and hears again what it is told', async () => {
  await running('a')
  driver.forget()
  driver.cut()
  await driver.next('mesos.internal.ReconnectExecutorMessage')
  driver.say('mesos.internal.ReregisterExecutorMessage', ids)
  await driver.next('mesos.internal.ExecutorReregisteredMessage')
  agent.master.send({ type: 'KILL_TASK', kill_task: { framework_id, task_id: { value: 'a' } } })
  await driver.next('mesos.internal.KillTaskMessage')
})

test('[mesos 112] what is malformed, or comes from another process, is dropped and logged with the reason', async () => {
  await running('a')
  const finished = statusUpdate('a', 'TASK_FINISHED')
  const refused = async (what: string, reason: RegExp): Promise<void> => {
    const lines = (): string[] => agent.errors.split('\n').filter((line) => line.includes('executor.message.refused'))
    await eventually(`${what} is refused`, () => lines().some((line) => line.includes(what) && reason.test(line)))
  }
  driver.sayBytes('mesos.internal.StatusUpdateMessage', Buffer.from('no protobuf'))
  await refused('mesos.internal.StatusUpdateMessage', /StatusUpdateMessage/)
  driver.sayBytes('mesos.internal.ShutdownMessage', Buffer.of())
  await refused('mesos.internal.ShutdownMessage', /no such message from executors to agents/)
  const { uuid: _uuid, ...withoutUuid } = finished
  driver.say('mesos.internal.StatusUpdateMessage', { update: withoutUuid })
  await refused('mesos.internal.StatusUpdateMessage', /Expecting 'uuid' to be present/)
  const other = await startDriver(agent)
  try {
    other.say('mesos.internal.StatusUpdateMessage', { update: finished })
    await refused(other.pid, /Executor is not subscribed/)
    other.say('mesos.internal.RegisterExecutorMessage', { framework_id, executor_id: { value: 'nobody' } })
    await other.next('mesos.internal.ShutdownExecutorMessage')
    await refused(other.pid, /Executor cannot be found/)
  } finally {
    await other.crash()
  }
  assert.deepEqual(agent.master.states('a'), ['TASK_RUNNING'])
  driver.say('mesos.internal.StatusUpdateMessage', { update: finished })
  await agent.master.state('a', 'TASK_FINISHED')
})

test('[mesos 112] an agent that wants tokens of executors turns drivers away, which have none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'agent-tokens-'))
  const key = join(folder, 'key')
  await writeFile(key, 'secret', { mode: 0o600 })
  const closed = await AgentProcess.start([`--jwt_secret_key=${key}`, '--authenticate_http_executors=true'])
  const turnedAway = await startDriver(closed)
  try {
    turnedAway.say('mesos.internal.RegisterExecutorMessage', ids)
    assert.deepEqual(await turnedAway.next('mesos.internal.ShutdownExecutorMessage'), ids)
    assert.match(closed.errors, /executor\.message\.refused/)
    assert.match(closed.errors, /--authenticate_http_executors asks for a token, and drivers have none/)
  } finally {
    await turnedAway.crash()
    await closed.close()
    await rm(folder, { recursive: true })
  }
})
