import { eventually } from '@thermosphere/test-kit'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { FakeDriver } from '@thermosphere/protocol/testing'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { FakeAgent, looseJson, runMaster } from '../../testing/running-master.ts'
import type { Loose, RunningMaster } from '../../testing/running-master.ts'

const framework: mesos.FrameworkInfo = { user: 'root', name: 'old', failover_timeout: 60, checkpoint: true }
const registered = 'mesos.internal.FrameworkRegisteredMessage'
const uuid = Uint8Array.from({ length: 16 }, (_, i) => i)

async function startMaster(context: TestContext, ...argv: string[]): Promise<RunningMaster> {
  const master = await runMaster('--registry=in_memory', ...argv)
  context.after(() => master.close())
  return master
}

async function startDriver(context: TestContext, masterPort: number, { port = 0 } = {}): Promise<FakeDriver> {
  const driver = await FakeDriver.start({ id: 'scheduler(1)', port, peer: { id: 'master', port: masterPort } })
  context.after(() => driver.crash())
  return driver
}

async function register(driver: FakeDriver, info: mesos.FrameworkInfo = framework): Promise<mesos.FrameworkID> {
  driver.say('mesos.internal.RegisterFrameworkMessage', { framework: info })
  return (await driver.next(registered)).framework_id
}

const frameworkOf = async (master: RunningMaster, { value }: mesos.FrameworkID): Promise<Loose | undefined> => {
  const { frameworks } = await looseJson(fetch(`${master.url}/state`))
  return (frameworks as unknown as Loose[]).find(({ id }) => String(id) === value)
}

/** A master with an agent and a registered driver that has an offer. */
async function startAll(context: TestContext) {
  const master = await startMaster(context)
  const agent = new FakeAgent(master.port)
  context.after(() => agent.close())
  const agentId = { value: await agent.register() }
  const driver = await startDriver(context, master.port)
  const framework_id = await register(driver)
  const { offers = [], pids } = await driver.next('mesos.internal.ResourceOffersMessage')
  const [offer] = offers
  assert.ok(offer)
  return { master, agent, agentId, driver, framework_id, offer, pids }
}

const isConnected = (shown: Loose | undefined): string => String(shown?.['connected'])

const cpu: mesos.Resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }
const command = { value: 'sleep 1000' }

const commandTask = (id: string, agent_id: mesos.AgentID): mesos.TaskInfo => ({
  name: id,
  task_id: { value: id },
  agent_id,
  resources: [cpu],
  command,
})

const heardBy = (agent: FakeAgent, type: agentLink.MasterMessage_Type): Promise<agentLink.MasterMessage> =>
  eventually(type, () => agent.received.find((message) => message.type === type))

suite('[mesos 41] an old (v0) driver', () => {
  test('registers, is offered resources with a process id for messages to executors, and launches a task', async (context) => {
    const { master, agent, agentId, driver, framework_id, offer, pids } = await startAll(context)
    assert.deepEqual(pids, [`master@127.0.0.1:${master.port}`])
    const [acknowledgement] = driver.heard(registered)
    assert.equal(acknowledgement?.master_info.pid, `master@127.0.0.1:${master.port}`)
    const shown = await frameworkOf(master, framework_id)
    assert.equal(String(shown?.['pid']), driver.pid)
    assert.equal(shown?.['connected'], true)
    const tasks = [commandTask('t', agentId)]
    driver.say('mesos.internal.LaunchTasksMessage', { framework_id, tasks, filters: {}, offer_ids: [offer.id] })
    const { run_task } = await heardBy(agent, 'RUN_TASK')
    assert.equal(run_task?.task.task_id.value, 't')
    assert.equal(run_task.framework_info.id?.value, framework_id.value)
  })

  test('hears updates with what it needs to acknowledge them, and reconciles', async (context) => {
    const { master, agent, agentId, driver, framework_id, offer } = await startAll(context)
    const tasks = [commandTask('t', agentId)]
    driver.say('mesos.internal.LaunchTasksMessage', { framework_id, tasks, filters: {}, offer_ids: [offer.id] })
    await heardBy(agent, 'RUN_TASK')
    const status: mesos.TaskStatus = {
      task_id: { value: 't' },
      state: 'TASK_RUNNING',
      source: 'SOURCE_EXECUTOR',
      agent_id: agentId,
      executor_id: { value: 't' },
      uuid,
      timestamp: 5,
    }
    const status_update = { framework_id, status, latest_state: 'TASK_RUNNING' } as const
    agent.say({ type: 'STATUS_UPDATE', status_update })
    const { update, pid } = await driver.next('mesos.internal.StatusUpdateMessage')
    assert.deepEqual(Buffer.from(update.uuid ?? []), Buffer.from(uuid))
    assert.deepEqual(Buffer.from(update.status.uuid ?? []), Buffer.from(uuid))
    assert.deepEqual(
      [update.status.state, update.slave_id, update.executor_id?.value, update.timestamp, pid],
      ['TASK_RUNNING', agentId, 't', 5, `master@127.0.0.1:${master.port}`],
    )
    const ack = { framework_id, slave_id: agentId, task_id: { value: 't' }, uuid }
    driver.say('mesos.internal.StatusUpdateAcknowledgementMessage', ack)
    const { status_update_ack } = await heardBy(agent, 'STATUS_UPDATE_ACK')
    assert.equal(status_update_ack?.task_id.value, 't')

    driver.say('mesos.internal.ReconcileTasksMessage', { framework_id, statuses: [] })
    const reconciled = await driver.next(
      'mesos.internal.StatusUpdateMessage',
      (message) => message.update.status.reason === 'REASON_RECONCILIATION',
    )
    assert.deepEqual(
      [reconciled.update.status.state, reconciled.update.uuid?.length, reconciled.pid],
      ['TASK_RUNNING', 0, undefined],
    )
    driver.say('mesos.internal.KillTaskMessage', { framework_id, task_id: { value: 't' } })
    assert.equal((await heardBy(agent, 'KILL_TASK')).kill_task?.task_id.value, 't')
  })

  test('speaks with its executors and hears of their ends, and of lost agents and offers', async (context) => {
    const { master, agent, agentId, driver, framework_id, offer } = await startAll(context)
    const executor_id = { value: 'e' }
    const executor = { executor_id, command, resources: [cpu] }
    const { command: _none, ...task } = commandTask('t', agentId)
    driver.say('mesos.scheduler.Call', {
      framework_id,
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: 'LAUNCH', launch: { task_infos: [{ ...task, executor }] } }],
        filters: { refuse_seconds: 0 },
      },
    })
    assert.equal((await heardBy(agent, 'RUN_TASK')).run_task?.task.executor?.framework_id?.value, framework_id.value)
    const data = Buffer.from('hello')
    driver.say('mesos.internal.FrameworkToExecutorMessage', { framework_id, slave_id: agentId, executor_id, data })
    assert.deepEqual(Buffer.from((await heardBy(agent, 'FRAMEWORK_MESSAGE')).framework_message?.data ?? []), data)
    agent.say({ type: 'EXECUTOR_MESSAGE', executor_message: { framework_id, executor_id, data } })
    const heard = await driver.next('mesos.internal.ExecutorToFrameworkMessage')
    assert.deepEqual([heard.slave_id, heard.executor_id, Buffer.from(heard.data)], [agentId, executor_id, data])
    agent.say({ type: 'EXECUTOR_EXITED', executor_exited: { framework_id, executor_id, status: 7 } })
    const exited = await driver.next('mesos.internal.ExitedExecutorMessage')
    assert.deepEqual(exited, { slave_id: agentId, framework_id, executor_id, status: 7 })
    const more = await driver.next(
      'mesos.internal.ResourceOffersMessage',
      ({ offers }) => offers?.[0]?.id.value !== offer.id.value,
    )
    const gone = await fetch(`${master.url}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: agentId } }),
    })
    assert.equal(gone.status, 200)
    assert.deepEqual((await driver.next('mesos.internal.LostSlaveMessage')).slave_id, agentId)
    assert.deepEqual((await driver.next('mesos.internal.RescindResourceOfferMessage')).offer_id, more.offers?.[0]?.id)
  })

  test('that is back under its id hears so, also when it is another process at its old address', async (context) => {
    const { master, driver, framework_id } = await startAll(context)
    const known = { ...framework, id: framework_id }
    driver.say('mesos.internal.ReregisterFrameworkMessage', { framework: known, failover: false })
    const { master_info } = await driver.next('mesos.internal.FrameworkReregisteredMessage')
    assert.equal(master_info.port, master.port)
    await driver.crash()
    const next = await startDriver(context, master.port, { port: driver.port })
    next.say('mesos.scheduler.Call', {
      framework_id,
      type: 'SUBSCRIBE',
      subscribe: { framework_info: known, force: false },
    })
    assert.deepEqual((await next.next('mesos.internal.FrameworkReregisteredMessage')).framework_id, framework_id)
    await next.next('mesos.internal.ResourceOffersMessage')
  })

  test('that crashed keeps its tasks until another process takes over', async (context) => {
    const { master, agent, agentId, driver, framework_id, offer } = await startAll(context)
    const tasks = [commandTask('t', agentId)]
    driver.say('mesos.internal.LaunchTasksMessage', { framework_id, tasks, filters: {}, offer_ids: [offer.id] })
    await heardBy(agent, 'RUN_TASK')
    await driver.crash()
    await eventually('it is disconnected', async () => isConnected(await frameworkOf(master, framework_id)) === 'false')
    const heir = await startDriver(context, master.port)
    const known = { ...framework, id: framework_id }
    heir.say('mesos.internal.ReregisterFrameworkMessage', { framework: known, failover: false })
    assert.equal((await heir.next('mesos.internal.FrameworkErrorMessage')).message, 'Framework failed over')
    heir.say('mesos.internal.ReregisterFrameworkMessage', { framework: known, failover: true })
    await heir.next(registered)
    const shown = await frameworkOf(master, framework_id)
    assert.equal(String(shown?.['pid']), heir.pid)
    assert.equal((shown?.['tasks'] as unknown as Loose[]).length, 1)
  })

  test('hears that another process has taken over', async (context) => {
    const { master, driver, framework_id } = await startAll(context)
    const heir = await startDriver(context, master.port)
    heir.say('mesos.internal.ReregisterFrameworkMessage', {
      framework: { ...framework, id: framework_id },
      failover: true,
    })
    assert.deepEqual((await heir.next(registered)).framework_id, framework_id)
    assert.equal((await driver.next('mesos.internal.FrameworkErrorMessage')).message, 'Framework failed over')
    driver.say('mesos.internal.UnregisterFrameworkMessage', { framework_id })
    await register(await startDriver(context, master.port))
    assert.ok(await frameworkOf(master, framework_id), 'the old process cannot end the framework')
    heir.say('mesos.internal.UnregisterFrameworkMessage', { framework_id })
    await eventually('it is gone', async () => (await frameworkOf(master, framework_id)) === undefined)
  })

  test('without failover_timeout is gone with its process', async (context) => {
    const master = await startMaster(context)
    const driver = await startDriver(context, master.port)
    const framework_id = await register(driver, { user: 'root', name: 'brief' })
    await driver.crash()
    await eventually('it is gone', async () => (await frameworkOf(master, framework_id)) === undefined)
  })

  test('that cannot be reached is taken for gone', async (context) => {
    const master = await startMaster(context)
    const driver = await startDriver(context, master.port)
    // Answers go to a port where nobody listens.
    const accepted = await fetch(`${master.url}/master/mesos.internal.RegisterFrameworkMessage`, {
      method: 'POST',
      headers: { 'Libprocess-From': 'scheduler(1)@127.0.0.1:1' },
      body: Buffer.from('0a0e0a04726f6f7412066c6f6e656c79', 'hex'),
    })
    assert.equal(accepted.status, 202)
    await register(driver)
    await eventually('it is removed', async () => {
      const { completed_frameworks } = await looseJson(fetch(`${master.url}/state`))
      return (completed_frameworks as unknown as Loose[]).some(({ name }) => String(name) === 'lonely')
    })
  })

  test('that is stopped for a failover stays registered; one that is aborted gets no offers', async (context) => {
    const { master, driver, framework_id, offer } = await startAll(context)
    driver.say('mesos.internal.DeactivateFrameworkMessage', { framework_id })
    assert.deepEqual((await driver.next('mesos.internal.RescindResourceOfferMessage')).offer_id, offer.id)
    const shown = await frameworkOf(master, framework_id)
    assert.deepEqual([shown?.['active'], shown?.['connected']], [false, true])
  })
})

suite('[mesos 41] an old (v0) driver', () => {
  const refusals: readonly (readonly [string, (driver: FakeDriver) => void, RegExp])[] = [
    [
      'registers with an id',
      (driver) =>
        driver.say('mesos.internal.RegisterFrameworkMessage', { framework: { ...framework, id: { value: 'x' } } }),
      /^Registering with 'id' already set$/,
    ],
    [
      'registers again without one',
      (driver) => driver.say('mesos.internal.ReregisterFrameworkMessage', { framework, failover: true }),
      /^Re-registering without an 'id'$/,
    ],
    [
      'has a role that is none',
      (driver) => driver.say('mesos.internal.RegisterFrameworkMessage', { framework: { ...framework, role: 'a b' } }),
      /'FrameworkInfo.role' is not a valid role/,
    ],
  ]
  for (const [about, act, expected] of refusals) {
    test(`that ${about} is told why it may not`, async (context) => {
      const master = await startMaster(context)
      const driver = await startDriver(context, master.port)
      act(driver)
      assert.match((await driver.next('mesos.internal.FrameworkErrorMessage')).message, expected)
    })
  }

  for (const realm of ['authenticate_frameworks', 'authenticate_http_frameworks']) {
    test(`is refused where schedulers log in by --${realm}`, async (context) => {
      const directory = mkdtempSync(join(tmpdir(), 'thermosphere-drivers-'))
      context.after(() => rmSync(directory, { recursive: true }))
      const file = join(directory, 'credentials')
      writeFileSync(file, JSON.stringify({ credentials: [{ principal: 'p', secret: 's' }] }), { mode: 0o600 })
      const master = await startMaster(
        context,
        `--${realm}`,
        `--credentials=${file}`,
        '--http_framework_authenticators=basic',
      )
      const driver = await startDriver(context, master.port)
      driver.say('mesos.internal.RegisterFrameworkMessage', { framework })
      const { message } = await driver.next('mesos.internal.FrameworkErrorMessage')
      assert.equal(message, `Framework at ${driver.pid} is not authenticated: drivers cannot log in to this master`)
    })
  }

  test('is heard after messages that are none', async (context) => {
    const master = await startMaster(context)
    const driver = await startDriver(context, master.port)
    const bad = [Buffer.of(), Buffer.of(0xff), Buffer.of(0x0a, 0x7f), Buffer.alloc(1000, 0x0b)]
    const names = [
      'mesos.internal.RegisterFrameworkMessage',
      'mesos.scheduler.Call',
      'mesos.internal.KillTaskMessage',
      'mesos.internal.Nothing',
      'constructor',
    ]
    for (const name of names) for (const body of bad) driver.sayBytes(name, body)
    driver.say('mesos.internal.KillTaskMessage', { framework_id: { value: 'nobody' }, task_id: { value: 't' } })
    driver.say('mesos.scheduler.Call', { type: 'SUBSCRIBE' })
    driver.say('mesos.scheduler.Call', { type: 'KILL', framework_id: { value: 'x' } })
    const { value } = await register(driver)
    assert.match(value, /-0000$/)
  })

  test('hears why the update of its description failed', async (context) => {
    const { driver, framework_id } = await startAll(context)
    const framework_info = { ...framework, id: framework_id, role: 'a b' }
    driver.say('mesos.scheduler.Call', { framework_id, type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } })
    assert.match((await driver.next('mesos.internal.FrameworkErrorMessage')).message, /not a valid role/)
  })

  test('hears nothing from a master that does not lead', async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'thermosphere-drivers-'))
    context.after(() => rmSync(directory, { recursive: true }))
    const store = `--store=sqlite:${join(directory, 'master.db')}`
    const leader = await runMaster(store)
    const standby = await runMaster(store)
    const driver = await startDriver(context, standby.port)
    driver.say('mesos.internal.RegisterFrameworkMessage', { framework })
    const accepted = await fetch(`${standby.url}/master/mesos.internal.RegisterFrameworkMessage`, {
      method: 'POST',
      headers: { 'Libprocess-From': driver.pid },
      body: Buffer.from('0a0e0a04726f6f7412066c6f6e656c79', 'hex'),
    })
    assert.equal(accepted.status, 202)
    await register(await startDriver(context, leader.port))
    assert.deepEqual(driver.received, [])
    await standby.close()
    await leader.close()
  })
})
